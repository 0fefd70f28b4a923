//! A listener's `tls`.

use super::findings::Findings;
use crate::certificate::{self, Certificate};
use crate::document::PolicyDocument;
use crate::read::Fields;

/// The certificates of a listener; those that can't be used are problems.
pub(crate) fn certificates(
    document: &PolicyDocument,
    listener: &Fields,
    findings: &mut Findings<'_>,
) -> Vec<Certificate> {
    let tables = listener.tables("tls");
    if tables.is_empty() && listener.is_empty_tables("tls") {
        let remedy = "name a certificate and its key, or leave `tls` out to speak plain HTTP";
        findings.problem("no-certificate", listener.span("tls"), "`tls` names no certificate", remedy);
    }
    tables.iter().filter_map(|fields| certificate(document, fields, findings)).collect()
}

fn certificate(
    document: &PolicyDocument,
    fields: &Fields,
    findings: &mut Findings<'_>,
) -> Option<Certificate> {
    let (file, key) = (fields.text("certificate")?, fields.text("key")?);
    let [file_path, key_path] = [file, key].map(|text| document.folder.join(&text.value));
    for path in [&file_path, &key_path] {
        if !findings.watched.contains(path) {
            findings.watched.push(path.clone());
        }
    }
    match certificate::read(&file_path, &key_path) {
        Ok((certificate, doubts)) => {
            for doubt in doubts {
                findings.warning(doubt.code(), file.span.clone(), doubt.to_string(), doubt.remedy());
            }
            Some(certificate)
        }
        Err(refusal) => {
            let (code, text) = if refusal.is_of_key { ("bad-key", key) } else { ("bad-certificate", file) };
            findings.problem(code, text.span.clone(), refusal.message, refusal.remedy);
            None
        }
    }
}
