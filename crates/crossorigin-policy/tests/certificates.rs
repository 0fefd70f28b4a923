//! Certificates and keys of listeners: what is wrong with their files, and what is worth a warning.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

use std::fs;
use std::path::Path;

use crossorigin_policy::{Finding, PolicyDocument, Report, Site};
use rcgen::{CertificateParams, KeyPair};

fn compile(folder: &Path, tls: &str) -> Result<(Site, Vec<Finding>), Report> {
    let text = format!("[[listeners]]\naddress = \"127.0.0.1:443\"\ntls = {tls}\n");
    PolicyDocument::parse(&folder.join("p.toml"), &text).compile()
}

fn told<'a>(folder: &Path, findings: impl IntoIterator<Item = &'a Finding>) -> Vec<String> {
    let prefix = format!("{}/", folder.display());
    findings.into_iter().map(|found| format!("{} {found}", found.code()).replace(&prefix, "")).collect()
}

/// Writes `FILE.pem` and `FILE.key`.
fn write(folder: &Path, file: &str, names: &[&str], change: impl FnOnce(&mut CertificateParams)) {
    let key = KeyPair::generate().unwrap();
    let mut params =
        CertificateParams::new(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>()).unwrap();
    change(&mut params);
    let certificate = params.self_signed(&key).unwrap();
    fs::write(folder.join(format!("{file}.pem")), certificate.pem()).unwrap();
    fs::write(folder.join(format!("{file}.der")), certificate.der()).unwrap();
    fs::write(folder.join(format!("{file}.key")), key.serialize_pem()).unwrap();
}

#[test]
fn faults_of_files_are_told_with_file_and_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "a", &["a.example"], |_| {});
    write(folder, "b", &["b.example"], |_| {});
    let pem = fs::read_to_string(folder.join("a.pem")).unwrap();
    let key_pem = fs::read_to_string(folder.join("a.key")).unwrap();
    for (file, text) in [
        ("empty.pem", ""),
        ("text.pem", "a certificate\n"),
        ("cut.pem", &pem[..pem.len() / 2]),
        ("no-base64.pem", "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n"),
        ("no-der.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        ("both.pem", &format!("{pem}{key_pem}")),
        (
            "encrypted.key",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
        ),
        (
            "old-encrypted.key",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n\
             -----END RSA PRIVATE KEY-----\n",
        ),
        ("no-key.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
    ] {
        fs::write(folder.join(file), text).unwrap();
    }
    fs::write(folder.join("large.pem"), vec![b'x'; 1024 * 1024 + 1]).unwrap();
    fs::create_dir(folder.join("folder.pem")).unwrap();
    for (certificate, key, code, message) in [
        (
            "none.pem",
            "a.key",
            "bad-certificate",
            "can't read the certificate \"none.pem\": No such file or directory",
        ),
        (
            "folder.pem",
            "a.key",
            "bad-certificate",
            "can't read the certificate \"folder.pem\": Is a directory",
        ),
        (
            "large.pem",
            "a.key",
            "bad-certificate",
            "can't read the certificate \"large.pem\": it is larger than 1 MiB",
        ),
        (
            "empty.pem",
            "a.key",
            "bad-certificate",
            "there is no certificate in \"empty.pem\"; name a PEM file",
        ),
        ("text.pem", "a.key", "bad-certificate", "there is no certificate in \"text.pem\"; name a PEM file"),
        ("cut.pem", "a.key", "bad-certificate", "\"cut.pem\" is no valid PEM: "),
        ("no-base64.pem", "a.key", "bad-certificate", "\"no-base64.pem\" is no valid PEM: "),
        (
            "no-der.pem",
            "a.key",
            "bad-certificate",
            "the first certificate in \"no-der.pem\" is broken; let it be",
        ),
        ("a.der", "a.key", "bad-certificate", "\"a.der\" is not PEM, but looks like DER; write it as PEM: "),
        (
            "a.key",
            "a.pem",
            "bad-certificate",
            "\"a.key\" holds a private key and no certificate; `certificate` and",
        ),
        ("a.pem", "none.key", "bad-key", "can't read the key \"none.key\": No such file or directory"),
        ("a.pem", "a.pem", "bad-key", "\"a.pem\" holds a certificate and no private key; `certificate` and"),
        ("a.pem", "text.pem", "bad-key", "there is no private key in \"text.pem\"; name a PEM file with"),
        (
            "a.pem",
            "encrypted.key",
            "bad-key",
            "the key in \"encrypted.key\" is encrypted, and there is nobody to",
        ),
        (
            "a.pem",
            "old-encrypted.key",
            "bad-key",
            "the key in \"old-encrypted.key\" is encrypted, and there is",
        ),
        ("a.pem", "no-key.key", "bad-key", "the private key in \"no-key.key\" can't be used: "),
        (
            "a.pem",
            "b.key",
            "bad-key",
            "the key in \"b.key\" is not the one that the certificate in \"a.pem\" was",
        ),
    ] {
        let tls = format!("[{{ certificate = \"{certificate}\", key = \"{key}\" }}]");
        let report = compile(folder, &tls).unwrap_err();
        let found = told(folder, report.problems());
        assert_eq!(found.len(), 1, "{found:?}");
        let column = if code == "bad-key" { 34 + certificate.len() } else { 24 };
        let expected = format!("{code} p.toml:3:{column}: {message}");
        assert!(found[0].starts_with(&expected), "{}\n{expected}", found[0]);
        assert!(found[0].contains("; "), "a remedy: {}", found[0]);
        // Mended, the files are read again.
        assert_eq!(
            report.watched(),
            [folder.join(certificate), folder.join(key)].iter().fold(Vec::new(), |mut all, file| {
                if !all.contains(file) {
                    all.push(file.clone());
                }
                all
            })
        );
    }
    let (site, _) = compile(folder, "[{ certificate = \"both.pem\", key = \"both.pem\" }]").unwrap();
    assert_eq!(site.listeners[0].tls[0].names, ["a.example"]);
}

#[test]
fn faults_of_tables_are_told() {
    let folder = tempfile::tempdir().unwrap();
    for (tls, expected) in [
        (
            "[]",
            "no-certificate p.toml:3:7: `tls` names no certificate; name a certificate and its key, or leave",
        ),
        (
            "true",
            "wrong-type p.toml:3:7: a certificate is a table, not a boolean; write it under `tls = [{ … }]`",
        ),
        ("[\"a.pem\"]", "wrong-type p.toml:3:8: a certificate is a table, not a string; write it under"),
        (
            "{ certificate = \"a.pem\", key = \"a.key\" }",
            "wrong-type p.toml:3:7: this is one table, and there can be more than one certificate; write `tls = [{ … }]`",
        ),
        ("[{ certificate = \"a.pem\" }]", "missing-key p.toml:3:8: this certificate has no `key`; write"),
        ("[{ key = \"a.pem\" }]", "missing-key p.toml:3:8: this certificate has no `certificate`; write"),
        (
            "[{ cert = \"a.pem\", key = \"a.key\" }]",
            "unknown-key p.toml:3:10: a certificate has no key `cert`; did you mean",
        ),
    ] {
        let found = told(folder.path(), compile(folder.path(), tls).unwrap_err().problems());
        assert!(found.len() == 1 && found[0].starts_with(expected), "{found:?}\n{expected}");
    }
}

#[test]
fn certificates_that_clients_refuse_get_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "good", &["A.example", "*.b.example"], |_| {});
    write(folder, "address", &["127.0.0.1"], |_| {});
    write(folder, "nameless", &[], |_| {});
    write(folder, "old", &["a.example"], |params| {
        params.not_before = rcgen::date_time_ymd(2000, 1, 1);
        params.not_after = rcgen::date_time_ymd(2001, 1, 1);
    });
    write(folder, "new", &["a.example"], |params| params.not_before = rcgen::date_time_ymd(2999, 1, 1));
    for (file, expected) in [
        ("good", None),
        ("address", None),
        ("nameless", Some("certificate-without-names p.toml:3:24: the certificate names no host; let it be")),
        ("old", Some("certificate-expired p.toml:3:24: the certificate expired ")),
        ("new", Some("certificate-not-yet-valid p.toml:3:24: the certificate becomes valid in ")),
    ] {
        let tls = format!("[{{ certificate = \"{file}.pem\", key = \"{file}.key\" }}]");
        let (site, warnings) = compile(folder, &tls).unwrap();
        let found = told(folder, &warnings);
        match expected {
            None => assert!(found.is_empty(), "{found:?}"),
            Some(expected) => assert!(found.len() == 1 && found[0].starts_with(expected), "{found:?}"),
        }
        assert_eq!(
            site.watched,
            [format!("{file}.pem"), format!("{file}.key")].map(|file| folder.join(file))
        );
        if file == "good" {
            assert_eq!(site.listeners[0].tls[0].names, ["a.example", "*.b.example"]);
        }
    }
}

#[test]
fn another_certificate_is_a_difference_where_its_names_are_others() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "a", &["a.example"], |_| {});
    write(folder, "again", &["a.example"], |_| {});
    write(folder, "b", &["b.example", "c.example"], |_| {});
    let document = |tls: &str| {
        let text = format!("[[listeners]]\naddress = \"127.0.0.1:443\"\n{tls}\n");
        PolicyDocument::parse(&folder.join("p.toml"), &text)
    };
    let tls =
        |file: &str| document(&format!("tls = [{{ certificate = \"{file}.pem\", key = \"{file}.key\" }}]"));
    let settings = |before: &PolicyDocument, after: &PolicyDocument| {
        let differences = crossorigin_policy::differences(before, after).unwrap();
        let told = differences
            .settings
            .iter()
            .map(|found| format!("{} {}: {} -> {}", found.place, found.key, found.before, found.after));
        told.collect::<Vec<_>>()
    };
    assert!(settings(&tls("a"), &tls("again")).is_empty());
    assert_eq!(
        settings(&tls("a"), &tls("b")),
        ["the listener tls: for a.example -> for b.example, c.example"]
    );
    assert_eq!(settings(&document(""), &tls("a")), ["the listener tls: none -> for a.example"]);
}
