namespace Ksmg.Sdk.Infrastructure;

/// <summary>How to reach libvirt, and which of its machines the nodes are.</summary>
public sealed class LibvirtOptions : IAdapterOptions
{
    /// <summary>The connection, such as <c>qemu:///system</c> or <c>qemu+ssh://host/system</c>. No default.</summary>
    public string Uri { get; set; } = string.Empty;

    /// <summary>
    /// The machine of each node: its UUID, or its name. A name is looked up once and means the machine it meant then; a UUID leaves no
    /// doubt from the beginning.
    /// </summary>
    [PerNode]
    public IDictionary<string, string> Domains { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The program: an absolute path, or a bare name that is looked up on the PATH. Default: <c>virsh</c>.</summary>
    public string VirshPath { get; set; } = "virsh";

    /// <summary>How long one question may take. Default: 30 seconds.</summary>
    [TimeBounds("1ms", "2h")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long <c>virsh</c> may take to create a snapshot or to revert to one; with the memory of a running machine that is minutes.
    /// libvirt goes on when <c>virsh</c> is ended. Default: 20 minutes.
    /// </summary>
    [TimeBounds("1ms", "2h")]
    public TimeSpan SnapshotTimeout { get; set; } = TimeSpan.FromMinutes(20);

    IEnumerable<string> IAdapterOptions.FindMistakes(KsmgOptions? cluster)
    {
        if (!System.Uri.TryCreate(Uri, UriKind.Absolute, out Uri? uri) || uri.UserInfo.Contains(':', StringComparison.Ordinal))
        {
            // The URI is not repeated: it may hold a password.
            yield return Words.Get("libvirt.uri");
        }

        if (Domains.Count == 0)
        {
            yield return Words.Get("libvirt.domains-empty");
        }

        // virsh takes a number for the id of a running machine.
        foreach ((string node, string domain) in Domains.Where(d => d.Value.All(char.IsAsciiDigit) || d.Value.Any(c => char.IsControl(c) || c == '/')))
        {
            yield return Words.Get("libvirt.domain", domain, node);
        }

        foreach (IGrouping<string, string> twice in Domains.GroupBy(d => d.Value, d => d.Key, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
        {
            yield return Words.Get("libvirt.shared", string.Join(", ", twice), twice.Key);
        }

        if (!ProgramPath.IsPlain(VirshPath))
        {
            yield return Words.Get("libvirt.virsh", VirshPath);
        }
    }
}
