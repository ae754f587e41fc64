namespace Ksmg.Sdk.Infrastructure;

/// <summary>How to reach the nodes by SSH, and which of their files are configuration.</summary>
public sealed class SshConfigurationOptions
{
    /// <summary>The user on the nodes. It has to be able to read the files, and to replace those that are restored. No default.</summary>
    public string User { get; set; } = string.Empty;

    /// <summary>The private key, without a passphrase or held by an agent; readable by nobody else. The only way of login. No default.</summary>
    public string KeyFile { get; set; } = string.Empty;

    /// <summary>
    /// The host keys of the nodes in the format of <c>known_hosts</c>; the only file that is asked, and never written. A host that is
    /// not in it, or that shows another key, is refused. No default.
    /// </summary>
    public string KnownHostsFile { get; set; } = string.Empty;

    /// <summary>
    /// The files: absolute paths, in which <c>*</c>, <c>?</c> and <c>[…]</c> stand for what a shell lets them stand for; a backslash
    /// makes the next character mean itself. What does not exist is left out; only regular files and symbolic links count.
    /// </summary>
    public IList<string> Paths { get; } = [];

    /// <summary>
    /// Where SSH is answered, by node name: <c>host</c>, <c>host:port</c> or <c>[IPv6]:port</c>. Default: the host of the node's web
    /// address, port 22.
    /// </summary>
    public IDictionary<string, string> Hosts { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>How long one call may take, connecting included. Default: 30 seconds.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A local folder with files as builds ship them, in <c>BUILD/absolute/path</c> such as <c>2.1.0.7854/etc/postfix/main.cf</c>; from
    /// <see cref="KsmgOptions.BasePath"/> where it is relative. Default: none.
    /// </summary>
    public string? PristineFolder { get; set; }

    /// <summary>
    /// Whether the node's package database is asked for files that <see cref="PristineFolder"/> lacks. It speaks only for packages
    /// whose version and release are the build asked for. Default: yes.
    /// </summary>
    public bool UsePackageDatabase { get; set; } = true;

    /// <summary>What may stand in the section.</summary>
    internal static SectionShape<SshConfigurationOptions> Shape { get; } = new SectionShape<SshConfigurationOptions>()
        .Kind("Ssh")
        .Text(nameof(User), (o, value) => o.User = value)
        .Text(nameof(KeyFile), (o, value) => o.KeyFile = value)
        .Text(nameof(KnownHostsFile), (o, value) => o.KnownHostsFile = value)
        .Texts(nameof(Paths), o => o.Paths)
        .Map(nameof(Hosts), o => o.Hosts)
        .Time(nameof(Timeout), (o, value) => o.Timeout = value)
        .Text(nameof(PristineFolder), (o, value) => o.PristineFolder = value)
        .Flag(nameof(UsePackageDatabase), (o, value) => o.UsePackageDatabase = value);

    /// <summary>Relative paths count from the cluster's <see cref="KsmgOptions.BasePath"/>.</summary>
    internal void Anchor(KsmgOptions cluster)
    {
        KeyFile = cluster.PathOf(KeyFile)!;
        KnownHostsFile = cluster.PathOf(KnownHostsFile)!;
        PristineFolder = cluster.PathOf(PristineFolder);
    }
}
