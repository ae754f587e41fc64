namespace Ksmg.Sdk;

/// <summary>The account a session runs under.</summary>
public sealed record CurrentUser
{
    /// <summary>The account's name.</summary>
    public required string UserName { get; init; }

    /// <summary>Whether the account may edit settings; asked for on the Control node.</summary>
    public bool CanEditSettings { get; init; }

    /// <summary>Whether the account may create, edit and delete nodes; also asked for on a Secondary node.</summary>
    public bool CanManageNodes { get; init; }

    /// <summary>When the password expires (a year after it was set), if the node says so.</summary>
    public DateTimeOffset? PasswordExpiresAt { get; init; }
}
