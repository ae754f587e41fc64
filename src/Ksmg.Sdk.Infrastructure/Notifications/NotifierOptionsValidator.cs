using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Finds every mistake at once.</summary>
internal sealed class NotifierOptionsValidator : IValidateOptions<WebhookOptions>, IValidateOptions<SmtpNotifierOptions>
{
    private static readonly TimeSpan _longestTimeout = TimeSpan.FromMinutes(1);

    public ValidateOptionsResult Validate(string? name, WebhookOptions options)
    {
        List<string> failures = [];
        if (options.Url is not { IsAbsoluteUri: true } url || url.Scheme != Uri.UriSchemeHttps || url.UserInfo.Length > 0)
        {
            failures.Add("Notifications: Url is not https://HOST/… without a user name.");
        }

        Add(failures, Secret(options).Mistake);
        Add(failures, Trust(options).Mistake, "Notifications: Fingerprint or RootsFile: ");
        CheckTimeout(failures, options.Timeout);
        return Result(failures);
    }

    public ValidateOptionsResult Validate(string? name, SmtpNotifierOptions options)
    {
        List<string> failures = [];
        if (MailServer.Parse(options.Relay) is null)
        {
            failures.Add($"Notifications: Relay '{options.Relay}' is not host:port.");
        }

        if (options.To.Count is 0 or > 50)
        {
            failures.Add("Notifications: To has no recipient, or more than 50.");
        }

        failures.AddRange(options.To.Prepend(options.From).Where(address => !MailText.IsAddress(address)).Select(address => $"Notifications: '{address}' in From or To is no mail address."));
        if (!Enum.IsDefined(options.Tls))
        {
            failures.Add($"Notifications: Tls '{options.Tls}' is none of {string.Join(", ", Enum.GetNames<SmtpTls>())}.");
        }

        if (options.UserName is { Length: > 0 })
        {
            Add(failures, Password(options).Mistake);
            if (options.Tls is not (SmtpTls.Required or SmtpTls.Implicit))
            {
                failures.Add("Notifications: UserName needs Tls 'Required' or 'Implicit'; a password is not sent in the clear.");
            }
        }
        else if (options.PasswordFile is { Length: > 0 } || options.PasswordEnvironment is { Length: > 0 })
        {
            failures.Add("Notifications: a password is given without UserName.");
        }

        Add(failures, Trust(options).Mistake, "Notifications: Fingerprint or RootsFile: ");
        CheckTimeout(failures, options.Timeout);
        return Result(failures);
    }

    public static SecretSource Secret(WebhookOptions options) => new("Notifications: Secret", options.SecretFile, options.SecretEnvironment);

    public static SecretSource Password(SmtpNotifierOptions options) => new("Notifications: Password", options.PasswordFile, options.PasswordEnvironment);

    public static TrustSource Trust(WebhookOptions options) => new(options.Fingerprint, options.RootsFile);

    public static TrustSource Trust(SmtpNotifierOptions options) => new(options.Fingerprint, options.RootsFile);

    /// <summary>Whether a relay is one of the nodes: the same host, or on this machine, where tests and tunnels live, the same port too.</summary>
    public static bool IsNode(string relay, string? smtp) =>
        MailServer.Parse(relay) is { } own && MailServer.Parse(smtp) is { } node
        && own.Host.Equals(node.Host, StringComparison.OrdinalIgnoreCase)
        && (own.Port == node.Port || own.Host is not ("localhost" or "127.0.0.1" or "::1"));

    private static void Add(List<string> failures, string? mistake, string prefix = "")
    {
        if (mistake is not null)
        {
            failures.Add(prefix + mistake);
        }
    }

    private static void CheckTimeout(List<string> failures, TimeSpan timeout)
    {
        if (timeout <= TimeSpan.Zero || timeout > _longestTimeout)
        {
            failures.Add($"Notifications: Timeout {timeout} is not between 0 and {_longestTimeout}.");
        }
    }

    private static ValidateOptionsResult Result(List<string> failures) => failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
}
