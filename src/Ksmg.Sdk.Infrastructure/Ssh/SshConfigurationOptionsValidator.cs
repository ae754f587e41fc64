using System.Globalization;
using System.Net;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Finds every mistake at once. What becomes an option or a host name of <c>ssh</c> may hold nothing that means something there.</summary>
internal sealed class SshConfigurationOptionsValidator : IValidateOptions<SshConfigurationOptions>
{
    private const int MostPathCharacters = 64 * 1024;
    private const ushort DefaultPort = 22;
    private static readonly TimeSpan _longestTimeout = TimeSpan.FromMinutes(10);

    public ValidateOptionsResult Validate(string? name, SshConfigurationOptions options)
    {
        List<string> failures = [];
        if (options.User.Length == 0 || options.User[0] == '-' || !options.User.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            failures.Add($"Configuration: User '{options.User}' is no user name (letters, digits, '-', '_', '.').");
        }

        CheckFile(options.KeyFile, "KeyFile", "the private key of the login", failures);
        CheckFile(options.KnownHostsFile, "KnownHostsFile", "the host keys of the nodes; without them nobody knows whom the key is shown to", failures);
        if (options.Paths.Count == 0)
        {
            failures.Add("Configuration: Paths is empty; it lists the files that are saved before the update.");
        }

        foreach (string path in options.Paths.Where(path => RemotePath.Word(path) is null))
        {
            failures.Add($"Configuration: '{path}' in Paths is no absolute path.");
        }

        if (options.Paths.Sum(path => path.Length) > MostPathCharacters)
        {
            failures.Add(string.Create(CultureInfo.InvariantCulture, $"Configuration: Paths hold more than {MostPathCharacters} characters; use '*'."));
        }

        foreach ((string node, string host) in options.Hosts)
        {
            if (ParseHost(host) is null)
            {
                failures.Add($"Configuration: the host '{host}' of node {node} is neither host, host:port nor [IPv6]:port.");
            }
        }

        if (options.Timeout < TimeSpan.FromSeconds(1) || options.Timeout > _longestTimeout)
        {
            failures.Add($"Configuration: Timeout {options.Timeout} is not between a second and {_longestTimeout}.");
        }

        if (options.PristineFolder is { } folder && !Path.IsPathFullyQualified(folder))
        {
            failures.Add($"Configuration: PristineFolder '{folder}' is no absolute path.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    /// <summary>Reads <c>host</c>, <c>host:port</c>, <c>1.2.3.4:port</c> or <c>[::1]:port</c>; <see langword="null"/> for anything else.</summary>
    public static (string Host, ushort Port)? ParseHost(string text)
    {
        if (IPAddress.TryParse(text, out IPAddress? address) && !text.StartsWith('['))
        {
            return (address.ToString(), DefaultPort);
        }

        int colon = text.LastIndexOf(':');
        bool hasPort = colon > 0 && text[colon - 1] is not ':' && !text.EndsWith(']');
        ushort port = DefaultPort;
        if (hasPort && (!ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port == 0))
        {
            return null;
        }

        string host = hasPort ? text[..colon] : text;
        return host is ['[', .., ']'] && Uri.CheckHostName(host) == UriHostNameType.IPv6 ? (host[1..^1], port)
            : Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4 && host[0] != '-' ? (host, port)
            : null;
    }

    private static void CheckFile(string path, string option, string what, List<string> failures)
    {
        // It stands in quotes in an option of ssh, which knows no way to write a quote.
        if (path.Length == 0 || path.Any(c => c == '"' || char.IsControl(c)))
        {
            failures.Add($"Configuration: {option} '{path}' names no file; it holds {what}.");
        }
        else if (!File.Exists(path))
        {
            failures.Add($"Configuration: {option} '{path}' does not exist; it holds {what}.");
        }
    }
}
