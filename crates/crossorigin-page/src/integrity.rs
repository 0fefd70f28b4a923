//! Whether what came is what was meant: the hashes of an `integrity` attribute or member.
//! [Source](https://w3c.github.io/webappsec-subresource-integrity/).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{Algorithm, SHA256, SHA384, SHA512, digest};

/// The hashes that are known, weaker ones first.
const ALGORITHMS: [(&str, &Algorithm); 3] = [("sha256", &SHA256), ("sha384", &SHA384), ("sha512", &SHA512)];

/// Whether bytes have one of the hashes that are asked for. Of hashes of several kinds only the strongest count; where
/// none is of a kind that is known, everything fits.
/// [Source](https://w3c.github.io/webappsec-subresource-integrity/#does-response-match-metadatalist).
pub(crate) fn fits(bytes: &[u8], metadata: &str) -> bool {
    let wanted: Vec<(usize, &str)> = metadata.split_ascii_whitespace().filter_map(parse).collect();
    let Some(strongest) = wanted.iter().map(|(strength, _)| *strength).max() else { return true };
    let actual = STANDARD.encode(digest(ALGORITHMS[strongest].1, bytes));
    // Both alphabets of base64 are taken, as browsers do.
    wanted
        .iter()
        .any(|(strength, hash)| *strength == strongest && hash.replace('-', "+").replace('_', "/") == actual)
}

/// One hash with its strength; `None` where its kind is not known. Options behind a `?` say nothing yet.
fn parse(item: &str) -> Option<(usize, &str)> {
    let (name, hash) = item.split('?').next()?.split_once('-')?;
    let strength = ALGORITHMS.iter().position(|(own, _)| name.eq_ignore_ascii_case(own))?;
    Some((strength, hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_hashes_decide() {
        const SHA256: &str = "sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI=";
        const SHA384: &str = "sha384-HT2E9NfWiuQ/w1PRai+hTyqW16NIoCGA/m8VQDUopfAtcz6YQjtsMmQd5uRbVDpW";
        const WRONG256: &str = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        const WRONG512: &str =
            "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";
        for (metadata, does_fit) in [
            ("", true),
            ("  \t\n", true),
            (SHA256, true),
            (SHA384, true),
            (WRONG256, false),
            (WRONG512, false),
            ("md5-1B2M2Y8AsgTpgAmY7PhCfg==", true),
            ("nonsense", true),
            ("sha256", true),
            ("sha256-", false),
            (&format!("{WRONG256} {SHA256}"), true),
            // A stronger one that fits is enough, and one that does not is too.
            (&format!("{WRONG256} {SHA384}"), true),
            (&format!("{SHA256} {WRONG512}"), false),
            (&format!("{SHA256} md5-x"), true),
            (&format!("{SHA256}?ct=text/javascript"), true),
            (&SHA256.replace("sha256", "SHA256"), true),
            (&SHA256.replace('+', "-").replace('/', "_"), true),
            (&SHA256.replace('=', ""), false),
            (&SHA256.to_ascii_lowercase(), false),
        ] {
            assert_eq!(fits(b"alert(1)", metadata), does_fit, "{metadata:?}");
        }
    }
}
