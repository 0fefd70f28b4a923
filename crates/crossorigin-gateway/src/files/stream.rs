//! Files that are too large for memory, read as they are sent.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::task::JoinHandle;

use super::conditions::Span;
use crate::errors::BodyError;
use crate::share::Share;

/// How much is read at once. Each piece costs a trip to a thread that may wait for the disk …
const PIECE: usize = 512 * 1024;
/// … and where there are many connections.
const LEAST_PIECE: usize = 32 * 1024;

/// Bytes of an open file. The next piece is read while the last is sent.
#[derive(Debug)]
pub(crate) struct FileStream {
    reading: JoinHandle<(File, io::Result<Bytes>)>,
    /// What is still to be sent, the piece that is being read included.
    left: Span,
    piece: usize,
}

impl FileStream {
    /// Begins to read a span that is not empty.
    pub(super) fn new(file: File, span: Span, share: Share) -> Self {
        let piece = share.of(PIECE, LEAST_PIECE);
        Self { reading: read(file, span, piece), left: span, piece }
    }
}

impl Body for FileStream {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.left.length == 0 {
            return Poll::Ready(None);
        }
        let (file, piece) = match ready!(Pin::new(&mut self.reading).poll(context)) {
            Ok((file, Ok(piece))) => (file, piece),
            Ok((_, Err(error))) => return Poll::Ready(Some(Err(error.into()))),
            Err(error) => return Poll::Ready(Some(Err(error.into()))),
        };
        let taken = piece.len() as u64;
        self.left = Span { start: self.left.start + taken, length: self.left.length - taken };
        if self.left.length > 0 {
            self.reading = read(file, self.left, self.piece);
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.length == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.length)
    }
}

/// Reads the first piece of a span, whole: a file that has become shorter is an error.
fn read(file: File, span: Span, piece: usize) -> JoinHandle<(File, io::Result<Bytes>)> {
    tokio::task::spawn_blocking(move || {
        let mut piece = vec![0; usize::try_from(span.length).map_or(piece, |length| length.min(piece))];
        let result = file.read_exact_at(&mut piece, span.start).map(|()| piece.into());
        (file, result)
    })
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn pieces_join_to_the_span() {
        let content: Vec<u8> = (0..3 * PIECE + 5).map(|number| (number % 251) as u8).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        std::fs::write(&path, &content).unwrap();
        let all = content.len() as u64;
        let piece = PIECE as u64;
        for (start, length) in [(0, all), (0, 1), (all - 1, 1), (7, piece), (piece, piece + 1)] {
            let share = Share::among(if start == 7 { 10_000 } else { 1 });
            let stream = FileStream::new(File::open(&path).unwrap(), Span { start, length }, share);
            assert_eq!(stream.size_hint().exact(), Some(length));
            let bytes = stream.collect().await.unwrap().to_bytes();
            assert!(bytes == content[start as usize..][..length as usize], "{start} {length}");
        }
    }

    #[tokio::test]
    async fn a_file_that_shrinks_breaks_the_body() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shrinks");
        std::fs::write(&path, "short").unwrap();
        let stream =
            FileStream::new(File::open(&path).unwrap(), Span { start: 0, length: 6 }, Share::among(1));
        assert!(stream.collect().await.is_err());
    }
}
