//! The key that signs checkpoints: an Ed25519 key in a file that only its owner reads.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};

use crate::entry::{hex, unhex};
use crate::error::Error;

/// A signing key.
#[derive(Debug, Clone)]
pub struct Key(SigningKey);

impl Key {
    /// A new one.
    ///
    /// # Errors
    /// [`Error::Key`] when the system has no randomness to give.
    pub fn generate() -> Result<Self, Error> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)
            .map_err(|error| Error::Key { path: "a new key".into(), why: error.to_string() })?;
        Ok(Self(SigningKey::from_bytes(&secret)))
    }

    /// Reads the key of a file, or makes one there, readable by its owner alone.
    ///
    /// # Errors
    /// [`Error::Key`] when the file cannot be read or written, or holds no key.
    pub fn at(path: &Path) -> Result<Self, Error> {
        let failed = |why: String| Error::Key { path: path.display().to_string(), why };
        match fs::read_to_string(path) {
            Ok(text) => {
                let secret: Option<[u8; 32]> = unhex(text.trim()).and_then(|bytes| bytes.try_into().ok());
                let secret = secret.ok_or_else(|| failed("holds no key: 64 hexadecimal digits are one".into()))?;
                Ok(Self(SigningKey::from_bytes(&secret)))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let key = Self::generate()?;
                let mut options = fs::OpenOptions::new();
                options.write(true).create_new(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                let mut file = options.open(path).map_err(|error| failed(error.to_string()))?;
                writeln!(file, "{}", hex(&key.0.to_bytes())).map_err(|error| failed(error.to_string()))?;
                file.sync_all().map_err(|error| failed(error.to_string()))?;
                Ok(key)
            }
            Err(error) => Err(failed(error.to_string())),
        }
    }

    /// The public half, hexadecimal.
    #[must_use]
    pub fn public(&self) -> String {
        hex(self.0.verifying_key().as_bytes())
    }

    pub(crate) fn sign(&self, record: &str, seq: i64, hash: &str, utc_ms: i64) -> String {
        hex(&self.0.sign(message(record, seq, hash, utc_ms).as_bytes()).to_bytes())
    }
}

fn message(record: &str, seq: i64, hash: &str, utc_ms: i64) -> String {
    format!("leuka.checkpoint/1\n{record}\n{seq}\n{hash}\n{utc_ms}")
}

/// True when `signature` is that of the holder of `public` on this checkpoint.
pub(crate) fn signed(public: &str, signature: &str, record: &str, seq: i64, hash: &str, utc_ms: i64) -> bool {
    let key = unhex(public).and_then(|bytes| bytes.try_into().ok());
    let key = key.and_then(|bytes: [u8; 32]| VerifyingKey::from_bytes(&bytes).ok());
    let signature = unhex(signature).and_then(|bytes| Signature::from_slice(&bytes).ok());
    match (key, signature) {
        (Some(key), Some(signature)) => key.verify(message(record, seq, hash, utc_ms).as_bytes(), &signature).is_ok(),
        _ => false,
    }
}
