namespace Ksmg.Sdk;

/// <summary>Why a login is refused, as the product names it in its audit events.</summary>
public enum LoginRefusal
{
    /// <summary>For a reason that is not known here (<c>Unknown</c>, or words of another version or language); the message repeats them.</summary>
    Unknown,

    /// <summary>User name or password is wrong (<c>AuthFailed</c>). Each further try counts towards a lock-out.</summary>
    WrongCredentials,

    /// <summary>Too many failed logins (<c>LoginAttemptsExceed</c>): no login to any node of the cluster for a while.</summary>
    LockedOut,

    /// <summary>The password is correct but expired (<c>PasswordExpired</c>).</summary>
    PasswordExpired,

    /// <summary>An administrator reset the password, and it must be changed at the next login (<c>PasswordReset</c>).</summary>
    PasswordReset,

    /// <summary>The node reaches no domain controller that could check the account (<c>NTLMServersNotAvailable</c>).</summary>
    DirectoryUnavailable,

    /// <summary>No login was tried: there is no password, or what there is cannot be one.</summary>
    NoPassword,

    /// <summary>The login succeeded, and the node does not take its session.</summary>
    SessionNotAccepted,
}
