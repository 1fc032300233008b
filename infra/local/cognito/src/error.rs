//! Why a request is refused, in the words of the real service where it has any.

use std::io;

/// A refusal; its display text is the `message` that the client sees.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// Wrong password, or no such user: the two must look alike.
    #[error("Incorrect username or password.")]
    WrongPassword,
    /// Too many failures in a row; the right password is refused too until the lock ends.
    #[error("Password attempts exceeded")]
    TooManyAttempts,
    /// The session was never handed out, is used up, or belongs to another user.
    #[error("Invalid session for the user.")]
    UnknownSession,
    /// The session is older than three minutes.
    #[error("Invalid session for the user, session is expired.")]
    SessionExpired,
    /// The refresh token is unknown or has expired.
    #[error("Invalid Refresh Token")]
    UnknownRefreshToken,
    /// The code belongs to no time step near now.
    #[error("Invalid code received for user")]
    WrongCode,
    /// The code's time step, or a later one, has signed this user in before.
    #[error("Your software token has already been used once.")]
    UsedCode,
    /// The account was shut out by an administrator.
    #[error("User is disabled.")]
    Disabled,
    /// A password that an administrator gave was not changed in time.
    #[error("Temporary password has expired and must be reset by an administrator.")]
    TemporaryPasswordExpired,
    /// The password does not meet the pool's policy.
    #[error("Password did not conform with policy: 13 characters or more, of every class")]
    WeakPassword,
    /// The first code of an authenticator is wrong.
    #[error("Code mismatch")]
    WrongFirstCode,
    /// A name is taken, and never given to another.
    #[error("User account already exists")]
    UserExists,
    #[error("User does not exist.")]
    NoSuchUser,
    #[error("A group with the name already exists.")]
    GroupExists,
    #[error("Group not found.")]
    NoSuchGroup,
    /// The pool is not this one.
    #[error("User pool {0} does not exist.")]
    UnknownPool(String),
    /// The app client is not this pool's.
    #[error("User pool client {0} does not exist.")]
    UnknownClient(String),
    /// A parameter that the flow needs is absent.
    #[error("Missing required parameter {0}")]
    MissingParameter(&'static str),
    /// A sign-in flow that the app client does not allow.
    #[error("{0} is not enabled for the client.")]
    FlowNotEnabled(String),
    /// A challenge that this pool never sets.
    #[error("Challenge {0} is not one that this user pool sets.")]
    UnknownChallenge(String),
    /// The body is not JSON of the operation's shape.
    #[error("The request body does not have the shape of {0}.")]
    Malformed(&'static str),
    /// An operation outside this stand-in.
    #[error("The Cognito stand-in does not support the operation {0}.")]
    UnsupportedOperation(String),
    /// The state file could not be written or a token not be signed: nothing was granted.
    #[error("Internal error.")]
    Internal(#[source] io::Error),
}

impl Refusal {
    /// The error code, AWS's `__type`.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::WrongPassword
            | Self::TooManyAttempts
            | Self::UnknownSession
            | Self::SessionExpired
            | Self::Disabled
            | Self::TemporaryPasswordExpired
            | Self::UnknownRefreshToken => "NotAuthorizedException",
            Self::WrongCode => "CodeMismatchException",
            Self::UsedCode => "ExpiredCodeException",
            Self::WeakPassword => "InvalidPasswordException",
            Self::WrongFirstCode => "EnableSoftwareTokenMFAException",
            Self::UserExists => "UsernameExistsException",
            Self::NoSuchUser => "UserNotFoundException",
            Self::GroupExists => "GroupExistsException",
            Self::NoSuchGroup | Self::UnknownPool(_) | Self::UnknownClient(_) => "ResourceNotFoundException",
            Self::MissingParameter(_) | Self::FlowNotEnabled(_) | Self::UnknownChallenge(_) => {
                "InvalidParameterException"
            }
            Self::Malformed(_) => "SerializationException",
            Self::UnsupportedOperation(_) => "UnsupportedOperationException",
            Self::Internal(_) => "InternalErrorException",
        }
    }
}
