//! Directives with blocks: what nginx, Apache and Caddy have in common.

/// A directive, with the line that it begins on.
#[derive(Clone, Debug)]
pub(super) struct Directive {
    pub(super) line: usize,
    pub(super) name: String,
    pub(super) arguments: Vec<String>,
    /// What stands in its braces, or between its tags.
    pub(super) block: Option<Vec<Directive>>,
}

impl Directive {
    /// Its name, in any case.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    pub(super) fn argument(&self, index: usize) -> &str {
        self.arguments.get(index).map_or("", String::as_str)
    }

    pub(super) fn block(&self) -> &[Directive] {
        self.block.as_deref().unwrap_or_default()
    }

    /// Itself and all that it holds, in order.
    pub(super) fn all(&self) -> Vec<&Directive> {
        std::iter::once(self).chain(self.block().iter().flat_map(Directive::all)).collect()
    }
}

/// How deep blocks may nest.
pub(super) const MAX_DEPTH: usize = 64;

/// The extensions that an expression over file names asks for, such as `\.(png|jpe?g)$`.
pub(super) fn extensions(expression: &str) -> Option<Vec<String>> {
    let texts = super::origins::texts(expression)?;
    let extension = |text: &String| {
        let extension = text.strip_prefix('.')?;
        let is_plain = !extension.is_empty() && extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_plain.then(|| extension.to_ascii_lowercase())
    };
    let mut extensions: Vec<String> = texts.iter().map(extension).collect::<Option<_>>()?;
    extensions.sort_unstable();
    extensions.dedup();
    Some(extensions)
}
