//! What goes into a program and comes out of it.

use bytes::{Bytes, BytesMut};
use module_api::ProgramOutput;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};

/// The ends of a program's pipes that are ours.
pub struct Pipes {
    input: Option<ChildStdin>,
    output: Option<ChildStdout>,
    errors: Option<ChildStderr>,
}

/// All that a program wrote.
pub struct Written {
    /// What is kept of it.
    pub kept: ProgramOutput,
    /// Whether it wrote more than is kept.
    pub is_cut: bool,
}

const READ_BYTES: usize = 8192;

impl Pipes {
    /// Takes them from a program that has just been started.
    pub fn of(child: &mut Child) -> Pipes {
        Pipes { input: child.stdin.take(), output: child.stdout.take(), errors: child.stderr.take() }
    }

    /// Writes the input and reads what comes until the program closes its ends; all three at once, so that none of
    /// them fills up and stops the others.
    pub async fn talk(self, input: Bytes, bytes_max: usize) -> Written {
        let (output, errors, ()) =
            tokio::join!(read(self.output, bytes_max), read(self.errors, bytes_max), write(self.input, &input));
        let is_cut = output.1 || errors.1;
        Written { kept: ProgramOutput { output: output.0, errors: errors.0 }, is_cut }
    }
}

async fn write(pipe: Option<ChildStdin>, input: &[u8]) {
    if let Some(mut pipe) = pipe {
        // A program need not read its input.
        let _ = pipe.write_all(input).await;
    }
}

/// Reads to the end and keeps the beginning.
async fn read(pipe: Option<impl AsyncRead + Unpin>, bytes_max: usize) -> (Bytes, bool) {
    let Some(mut pipe) = pipe else { return (Bytes::new(), false) };
    let (mut kept, mut is_cut) = (BytesMut::new(), false);
    let mut buffer = vec![0; READ_BYTES];
    while let Ok(count) = pipe.read(&mut buffer).await {
        let read = buffer.get(..count).unwrap_or_default();
        if read.is_empty() {
            break;
        }
        let room = bytes_max.saturating_sub(kept.len()).min(read.len());
        is_cut |= room < read.len();
        kept.extend_from_slice(read.get(..room).unwrap_or_default());
    }
    (kept.freeze(), is_cut)
}
