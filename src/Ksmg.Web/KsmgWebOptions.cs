using System.Net;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Web;

/// <summary>
/// Who may see the page, and from where. As it stands, whoever reaches it over loopback is let in and may decide; everybody else is refused.
/// </summary>
public sealed class KsmgWebOptions
{
    private const int ShortestToken = 16;

    /// <summary>
    /// Those who come in with a token: typed into the page, or as <c>Authorization: Bearer</c>. With one of them nobody comes in without.
    /// </summary>
    public IList<KsmgWebToken> Tokens { get; } = [];

    /// <summary>
    /// The header in which a proxy says who somebody is, such as <c>X-Forwarded-User</c>. It counts only from an address among <see cref="Proxies"/>:
    /// whoever else can connect from there could claim to be anybody.
    /// </summary>
    public string? IdentityHeader { get; set; }

    /// <summary>The addresses of the proxy that sets <see cref="IdentityHeader"/>.</summary>
    public ISet<IPAddress> Proxies { get; } = new HashSet<IPAddress>();

    /// <summary>The names in <see cref="IdentityHeader"/> that may decide; all others may look.</summary>
    public ISet<string> Operators { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>
    /// Whether connections from other machines are taken. Needs <see cref="Tokens"/> or <see cref="IdentityHeader"/>, and TLS in front of it or in the host.
    /// </summary>
    public bool AllowRemote { get; set; }

    /// <summary>
    /// The names under which the page is called, beside those of loopback: as they stand in the address line, without a port. A call over
    /// loopback under any other name is refused, so that no foreign site reaches the page through a name of its own.
    /// </summary>
    public ISet<string> Hosts { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Who decides when nobody has to say who they are. Default: the account and the machine of this process.</summary>
    public string LocalName { get; set; } = $"{Environment.UserName}@{Environment.MachineName}";

    /// <summary>What they may do. Default: decide.</summary>
    public KsmgWebRole LocalRole { get; set; } = KsmgWebRole.Operator;

    /// <summary>How many pages may follow runs at the same time. Default: 64; an eighth of it for one visitor.</summary>
    public int MaxStreams { get; set; } = 64;

    /// <summary>How often a page that follows a run is told that nothing happened. Default: 15 seconds.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Drives a run again that nobody drives, when an operator asks for it; <see langword="null"/>, the default: that is not offered. Where this
    /// process may do it: <c>(run, stop) => run.ContinueAsync(stop)</c>.
    /// </summary>
    public Func<UpgradeRun, CancellationToken, Task>? Continue { get; set; }

    /// <summary>The clusters that were given by hand.</summary>
    internal List<WebCluster> Shown { get; } = [];

    /// <summary>Shows the runs of a cluster beside those that were added to the services with <c>AddKsmg</c>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="orchestrator">Its upgrades.</param>
    /// <param name="journal">Where its runs are kept.</param>
    public KsmgWebOptions Show(string name, RollingUpgradeOrchestrator orchestrator, UpgradeJournal journal)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(orchestrator);
        ArgumentNullException.ThrowIfNull(journal);
        Shown.Add(new WebCluster(name, orchestrator, journal));
        return this;
    }

    /// <summary>Why the page cannot be shown so.</summary>
    internal IEnumerable<string> Mistakes()
    {
        if (AllowRemote && Tokens.Count == 0 && IdentityHeader is null)
        {
            yield return Words.Get("options.remote");
        }

        if (IdentityHeader is not null && Proxies.Count == 0)
        {
            yield return Words.Get("options.proxies");
        }

        if (Tokens.Any(t => !Gatekeeper.IsName(t.Name) || t.Value is not { Length: >= ShortestToken }))
        {
            yield return Words.Get("options.token", ShortestToken);
        }

        if (Tokens.DistinctBy(t => t.Value, StringComparer.Ordinal).Count() < Tokens.Count)
        {
            yield return Words.Get("options.token-twice");
        }

        if (!Gatekeeper.IsName(LocalName))
        {
            yield return Words.Get("options.local-name");
        }

        if (MaxStreams < 1 || Heartbeat < TimeSpan.FromSeconds(1) || Heartbeat > TimeSpan.FromMinutes(5))
        {
            yield return Words.Get("options.bounds");
        }
    }
}
