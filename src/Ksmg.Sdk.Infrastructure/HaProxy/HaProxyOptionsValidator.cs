using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Finds every mistake at once. Names go into commands, so they may hold nothing that ends one.</summary>
internal sealed class HaProxyOptionsValidator : IValidateOptions<HaProxyOptions>
{
    private static readonly TimeSpan _longestTimeout = TimeSpan.FromMinutes(1);

    public ValidateOptionsResult Validate(string? name, HaProxyOptions options)
    {
        List<string> failures = [];
        foreach (string endpoint in Split(options.Endpoint).Where(endpoint => ParseEndpoint(endpoint) is null))
        {
            failures.Add($"LoadBalancer: Endpoint '{endpoint}' is neither host:port nor unix:/path.");
        }

        foreach (string backend in Split(options.Backend).Where(backend => !IsName(backend)))
        {
            failures.Add($"LoadBalancer: Backend '{backend}' is no HAProxy name (letters, digits, '-', '_', '.', ':').");
        }

        if (options.Servers.Count == 0)
        {
            failures.Add("LoadBalancer: Servers is empty; it maps each node's name to its server in the backend.");
        }

        foreach ((string node, string server) in options.Servers)
        {
            if (!IsName(server))
            {
                failures.Add($"LoadBalancer: the server '{server}' of node {node} is no HAProxy name (letters, digits, '-', '_', '.', ':').");
            }
        }

        foreach (IGrouping<string, string> twice in options.Servers.GroupBy(s => s.Value, s => s.Key).Where(g => g.Count() > 1))
        {
            failures.Add($"LoadBalancer: the nodes {string.Join(", ", twice)} share the server '{twice.Key}'.");
        }

        if (options.Timeout <= TimeSpan.Zero || options.Timeout > _longestTimeout)
        {
            failures.Add($"LoadBalancer: Timeout {options.Timeout} is not between 0 and {_longestTimeout}.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    /// <summary>The items of a list with commas; of an empty one the empty item, which is wrong everywhere.</summary>
    public static string[] Split(string text) => text.Split(',', StringSplitOptions.TrimEntries);

    /// <summary>Reads <c>unix:/path</c>, <c>host:port</c>, <c>1.2.3.4:port</c> or <c>[::1]:port</c>; <see langword="null"/> for anything else.</summary>
    public static EndPoint? ParseEndpoint(string text)
    {
        if (text.StartsWith("unix:/", StringComparison.Ordinal))
        {
            // 100 bytes is less than what any platform takes.
            return text.Length is > 6 and <= 100 ? new UnixDomainSocketEndPoint(text[5..]) : null;
        }

        int colon = text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) || port == 0)
        {
            return null;
        }

        string host = text[..colon];
        if (IPEndPoint.TryParse(text, out IPEndPoint? address) && (address.AddressFamily == AddressFamily.InterNetwork || host is ['[', .., ']']))
        {
            return address;
        }

        return Uri.CheckHostName(host) == UriHostNameType.Dns ? new DnsEndPoint(host, port) : null;
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= 200 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':');
}
