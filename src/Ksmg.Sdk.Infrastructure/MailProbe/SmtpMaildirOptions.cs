namespace Ksmg.Sdk.Infrastructure;

/// <summary>Test messages sent by SMTP and looked for in a Maildir on this machine.</summary>
public sealed class SmtpMaildirOptions : SmtpProbeOptions
{
    /// <summary>The folder that holds <c>new</c> and <c>cur</c>, as an absolute path. No default.</summary>
    public string Maildir { get; set; } = string.Empty;
}
