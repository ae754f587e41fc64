using System.Net;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Finds every mistake at once.</summary>
internal sealed class CefListenerOptionsValidator : IValidateOptions<CefListenerOptions>
{
    public ValidateOptionsResult Validate(string? name, CefListenerOptions options)
    {
        List<string> failures = [];
        if (!options.Endpoint.Contains(':', StringComparison.Ordinal) || !IPEndPoint.TryParse(options.Endpoint, out _))
        {
            failures.Add($"Cef: Endpoint '{options.Endpoint}' is not an address and a port such as 0.0.0.0:5514.");
        }

        if (options.Senders.Count == 0)
        {
            failures.Add("Cef: Senders is empty; it maps each node's name to the address it sends from.");
        }

        failures.AddRange(options.Senders.Where(s => Uri.CheckHostName(s.Value) is not (UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6))
            .Select(s => $"Cef: the sender '{s.Value}' of node {s.Key} is no address and no host name."));
        failures.AddRange(options.Senders.GroupBy(s => s.Value, s => s.Key, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1)
            .Select(twice => $"Cef: the nodes {string.Join(", ", twice)} share the sender '{twice.Key}'."));
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
