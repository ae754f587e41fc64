using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// Whether the servers of a load balancer are the nodes they are called after: who drains the wrong one switches receiving off on a node
/// that is in load. Compared is where the balancer leads with where the nodes take mail.
/// </summary>
/// <param name="mail">Where each node takes mail, <c>host:port</c>; or, where that is not known, another host name or address of it alone.</param>
internal sealed class ServerAddresses(IReadOnlyDictionary<string, string> mail)
{
    private static readonly TimeSpan NameLimit = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, IPAddress[]> _resolved = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What was found last of each node's server, and where it led: names are looked up once, and balancers are asked with every look.</summary>
    private readonly Dictionary<string, (string Address, PlanFinding? Finding)> _compared = new(StringComparer.Ordinal);

    /// <summary>A finding for each node whose server leads elsewhere. What a balancer does not tell, or a name that nobody knows, is not compared.</summary>
    /// <param name="load">What the balancer says of each node.</param>
    /// <param name="cancellationToken">Ends the looking up of names.</param>
    public async Task<IReadOnlyList<PlanFinding>> CompareAsync(IReadOnlyDictionary<string, LoadState>? load, CancellationToken cancellationToken)
    {
        List<PlanFinding> findings = [];
        foreach ((string node, LoadState state) in load ?? new Dictionary<string, LoadState>())
        {
            if (state.Address is not { } address || !mail.TryGetValue(node, out string? own))
            {
                continue;
            }

            if (!_compared.TryGetValue(node, out (string Address, PlanFinding? Finding) last) || last.Address != address)
            {
                last = (address, await CompareAllAsync(node, own, address, cancellationToken).ConfigureAwait(false));
                _compared[node] = last;
            }

            if (last.Finding is { } finding)
            {
                findings.Add(finding);
            }
        }

        return findings;
    }

    private async Task<PlanFinding?> CompareAllAsync(string node, string own, string servers, CancellationToken cancellationToken)
    {
        foreach (string server in servers.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (await CompareAsync(node, own, server, cancellationToken).ConfigureAwait(false) is { } finding)
            {
                return finding;
            }
        }

        return null;
    }

    private async Task<PlanFinding?> CompareAsync(string node, string own, string server, CancellationToken cancellationToken)
    {
        (IPAddress[] addresses, int? port) = await ReadAsync(server, cancellationToken).ConfigureAwait(false);
        (IPAddress[] ownAddresses, int? ownPort) = await ReadAsync(own, cancellationToken).ConfigureAwait(false);
        if (addresses.Length == 0 || ownAddresses.Length == 0)
        {
            return null;
        }

        bool isOwnHost = addresses.Intersect(ownAddresses).Any();
        if (isOwnHost && (port is null || ownPort is null || port == ownPort))
        {
            return null;
        }

        List<string> others = [];
        foreach ((string other, string address) in mail.Where(m => !string.Equals(m.Key, node, StringComparison.OrdinalIgnoreCase)))
        {
            (IPAddress[] otherAddresses, int? otherPort) = await ReadAsync(address, cancellationToken).ConfigureAwait(false);
            if (addresses.Intersect(otherAddresses).Any() && (!isOwnHost || port == otherPort))
            {
                others.Add(other);
            }
        }

        // Another port of the node's own host is the node, unless another node takes mail there: a balancer may have a port of its own.
        if (others.Count > 0)
        {
            return PlanFinding.Of(FindingSeverity.Refusal, "balancer-swapped", node, server, string.Join(", ", others), own);
        }

        return isOwnHost && ownAddresses.All(IsAlone)
            ? null
            : PlanFinding.Of(FindingSeverity.Refusal, UpgradeConsents.BalancerAddress, node, server, own);

        bool IsAlone(IPAddress address) => !mail.Any(m =>
            !string.Equals(m.Key, node, StringComparison.OrdinalIgnoreCase)
            && _resolved.TryGetValue(Split(m.Value).Host, out IPAddress[]? known) && known.Contains(address));
    }

    private async Task<(IPAddress[] Addresses, int? Port)> ReadAsync(string text, CancellationToken cancellationToken)
    {
        (string host, int? port) = Split(text);
        if (!_resolved.TryGetValue(host, out IPAddress[]? addresses))
        {
            addresses = [.. (await ResolveAsync(host, cancellationToken).ConfigureAwait(false)).Select(Plain).Distinct()];
            _resolved[host] = addresses;
        }

        return (addresses, port);
    }

    private static async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out IPAddress? address))
        {
            return [address];
        }

        try
        {
            return await Dns.GetHostAddressesAsync(host, cancellationToken).WaitAsync(NameLimit, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or TimeoutException or ArgumentException)
        {
            return [];
        }
    }

    /// <summary>The same address has several spellings: IPv4 inside IPv6, and with a scope.</summary>
    private static IPAddress Plain(IPAddress address) => address switch
    {
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4(),
        { AddressFamily: AddressFamily.InterNetworkV6 } => new IPAddress(address.GetAddressBytes()),
        _ => address,
    };

    /// <summary><c>host:port</c>, <c>[::1]:port</c>, or a host alone, an IPv6 address without brackets among them.</summary>
    private static (string Host, int? Port) Split(string text)
    {
        int colon = text.LastIndexOf(':');
        bool hasPort = colon > 0 && (text.IndexOf(':', StringComparison.Ordinal) == colon || text[colon - 1] == ']');
        int? port = hasPort && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0
            ? number
            : null;
        return ((hasPort ? text[..colon] : text).Trim('[', ']'), port);
    }
}
