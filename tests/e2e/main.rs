//! One file a behaviour, against the binaries that will be deployed, through the front door.
