namespace Ksmg.Sdk.Infrastructure;

/// <summary>How to reach libvirt, and which of its machines the nodes are.</summary>
public sealed class LibvirtOptions
{
    /// <summary>The connection, such as <c>qemu:///system</c> or <c>qemu+ssh://host/system</c>. No default.</summary>
    public string Uri { get; set; } = string.Empty;

    /// <summary>
    /// The machine of each node: its UUID, or its name. A name is looked up once and means the machine it meant then; a UUID leaves no
    /// doubt from the beginning.
    /// </summary>
    public IDictionary<string, string> Domains { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The program: an absolute path, or a bare name that is looked up on the PATH. Default: <c>virsh</c>.</summary>
    public string VirshPath { get; set; } = "virsh";

    /// <summary>How long one question may take. Default: 30 seconds.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long <c>virsh</c> may take to create a snapshot or to revert to one; with the memory of a running machine that is minutes.
    /// libvirt goes on when <c>virsh</c> is ended. Default: 20 minutes.
    /// </summary>
    public TimeSpan SnapshotTimeout { get; set; } = TimeSpan.FromMinutes(20);

    /// <summary>What may stand in the section.</summary>
    internal static SectionShape<LibvirtOptions> Shape { get; } = new SectionShape<LibvirtOptions>()
        .Kind("Libvirt")
        .Text(nameof(Uri), (o, value) => o.Uri = value)
        .Map(nameof(Domains), o => o.Domains)
        .Text(nameof(VirshPath), (o, value) => o.VirshPath = value)
        .Time(nameof(Timeout), (o, value) => o.Timeout = value)
        .Time(nameof(SnapshotTimeout), (o, value) => o.SnapshotTimeout = value);
}
