namespace Ksmg.Sdk.Infrastructure;

/// <summary>Test messages sent by SMTP and looked for in a Maildir on this machine.</summary>
public sealed class SmtpMaildirOptions : SmtpProbeOptions
{
    /// <summary>The folder that holds <c>new</c> and <c>cur</c>, from <see cref="KsmgOptions.BasePath"/> where it is relative. No default.</summary>
    [FilePath]
    public string Maildir { get; set; } = string.Empty;


    private protected override IEnumerable<string> FindMailboxMistakes() =>
        Path.IsPathFullyQualified(Maildir) ? [] : [Words.Get("probe.maildir", Maildir)];
}
