//! The prelude's files are parts of one function and share their names, but for those that are behind a door.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashMap;
use std::path::Path;

#[test]
fn no_name_is_given_twice() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/prelude");
    let mut names: HashMap<(&str, String), String> = HashMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let behind = ["streams", "webgl"].into_iter().find(|door| file.starts_with(door));
        let function = behind.filter(|_| !file.ends_with("_door.js")).unwrap_or_default();
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let line = line.strip_prefix("async ").unwrap_or(line);
            let kinds = ["function* ", "function ", "class ", "const ", "let "];
            let Some(rest) = kinds.iter().find_map(|kind| line.strip_prefix(kind)) else { continue };
            let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '$');
            let name = &rest[..end.unwrap_or(rest.len())];
            if !name.is_empty() {
                let before = names.insert((function, name.to_owned()), file.clone());
                assert_eq!(before, None, "{name} of {file} is another file's too");
            }
        }
    }
    assert!(names.len() > 100, "{names:?}");
}
