namespace Ksmg.Sdk.Infrastructure;

/// <summary>A login at a mail server.</summary>
/// <param name="User">The name.</param>
/// <param name="Password">The password, or the access token.</param>
/// <param name="IsToken">Whether it is an access token (OAuth 2).</param>
internal sealed record MailAccount(string User, string Password, bool IsToken)
{
    private readonly SpokenSecret[] _secrets =
    [
        new($"\0{User}\0{Password}", Password),
        new($"user={User}\u0001auth=Bearer {Password}\u0001\u0001", Password),
    ];

    /// <summary>What a server says, in one line; unless it says the login back.</summary>
    public string Hide(string text) => Array.Exists(_secrets, s => s.IsIn(text)) ? SpokenSecret.LeftOut : MailSecurity.OneLine(text);

    /// <summary>The password is in no text that is made of this.</summary>
    public override string ToString() => User;
}
