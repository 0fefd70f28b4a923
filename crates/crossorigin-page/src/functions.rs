//! How the prelude is given a function, and bytes.

use rquickjs::function::IntoJsFunc;
use rquickjs::{Ctx, Function, Object};

/// A string of characters up to U+00FF as the bytes that it stands for.
pub(crate) fn binary(text: &str) -> Vec<u8> {
    text.chars().map(|letter| letter as u8).collect()
}

/// Gives the prelude a function.
pub(crate) fn set<'js, F, P>(
    ctx: &Ctx<'js>,
    to: &Object<'js>,
    name: &str,
    function: F,
) -> rquickjs::Result<()>
where
    F: IntoJsFunc<'js, P> + 'js,
{
    to.set(name, Function::new(ctx.clone(), function)?)
}
