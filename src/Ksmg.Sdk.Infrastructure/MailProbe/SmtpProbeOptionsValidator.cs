using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Finds every mistake at once. Addresses go into commands, so they may hold nothing that ends one.</summary>
internal sealed class SmtpProbeOptionsValidator : IValidateOptions<SmtpImapOptions>, IValidateOptions<SmtpMaildirOptions>
{
    private static readonly TimeSpan _longestSmtpTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _longestImapTimeout = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _shortestAge = TimeSpan.FromDays(1);
    private static readonly TimeSpan _longestAge = TimeSpan.FromDays(365);

    public ValidateOptionsResult Validate(string? name, SmtpImapOptions options)
    {
        List<string> failures = [.. Common(options)];
        if (MailServer.Parse(options.Imap) is null)
        {
            failures.Add($"MailProbe: Imap '{options.Imap}' is not host:port.");
        }

        if (options.ImapUserName.Length == 0 || options.ImapUserName.Contains('\0', StringComparison.Ordinal))
        {
            failures.Add("MailProbe: ImapUserName is missing.");
        }

        if (Password(options).Mistake is { } secret)
        {
            failures.Add(secret);
        }

        if (Trust(options).Mistake is { } trust)
        {
            failures.Add($"MailProbe: ImapFingerprint or ImapRootsFile: {trust}");
        }

        if (options.ImapFolder.Length is 0 or > 200 || options.ImapFolder.Any(char.IsControl))
        {
            failures.Add($"MailProbe: ImapFolder '{options.ImapFolder}' is no name of a folder.");
        }

        if (options.ImapTimeout <= TimeSpan.Zero || options.ImapTimeout > _longestImapTimeout)
        {
            failures.Add($"MailProbe: ImapTimeout {options.ImapTimeout} is not between 0 and {_longestImapTimeout}.");
        }

        if (options.CleanUpAfter < _shortestAge || options.CleanUpAfter > _longestAge)
        {
            failures.Add($"MailProbe: CleanUpAfter {Duration.Write(options.CleanUpAfter.Value)} is not between {Duration.Write(_shortestAge)} and {Duration.Write(_longestAge)}; "
                + "a run looks for its own messages for hours.");
        }

        return Result(failures);
    }

    public ValidateOptionsResult Validate(string? name, SmtpMaildirOptions options)
    {
        List<string> failures = [.. Common(options)];
        if (!Path.IsPathFullyQualified(options.Maildir))
        {
            failures.Add($"MailProbe: Maildir '{options.Maildir}' is no absolute path.");
        }

        return Result(failures);
    }

    public static SecretSource Password(SmtpImapOptions options) => new("MailProbe: ImapPassword", options.ImapPasswordFile, options.ImapPasswordEnvironment);

    public static TrustSource Trust(SmtpImapOptions options) => new(options.ImapFingerprint, options.ImapRootsFile);

    /// <summary>The trust in a node's SMTP certificate.</summary>
    public static TrustSource Trust(SmtpProbeOptions options, string node) =>
        options.SmtpFingerprints.TryGetValue(node, out string? pins) ? new TrustSource(pins, null) : new TrustSource(null, options.SmtpRootsFile);

    private static IEnumerable<string> Common(SmtpProbeOptions options)
    {
        if (!MailText.IsAddress(options.From))
        {
            yield return $"MailProbe: From '{options.From}' is no mail address.";
        }

        if (!MailText.IsAddress(options.To))
        {
            yield return $"MailProbe: To '{options.To}' is no mail address.";
        }

        if (options.MessageIdDomain is { Length: > 0 } domain && (domain.Length > 200 || !domain.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-')))
        {
            yield return $"MailProbe: MessageIdDomain '{domain}' is no domain (letters, digits, '-', '.').";
        }

        if (!Enum.IsDefined(options.SmtpTls))
        {
            yield return $"MailProbe: SmtpTls '{options.SmtpTls}' is none of {string.Join(", ", Enum.GetNames<SmtpTls>())}.";
        }

        foreach ((string node, string pins) in options.SmtpFingerprints)
        {
            if (new TrustSource(pins, null).Mistake is { } mistake)
            {
                yield return $"MailProbe: SmtpFingerprints of node {node}: {mistake}";
            }
        }

        if (new TrustSource(null, options.SmtpRootsFile).Mistake is { } roots)
        {
            yield return $"MailProbe: SmtpRootsFile: {roots}";
        }

        if (options.SmtpTimeout <= TimeSpan.Zero || options.SmtpTimeout > _longestSmtpTimeout)
        {
            yield return $"MailProbe: SmtpTimeout {options.SmtpTimeout} is not between 0 and {_longestSmtpTimeout}.";
        }
    }

    private static ValidateOptionsResult Result(List<string> failures) => failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
}
