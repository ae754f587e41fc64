
namespace Ksmg.Sdk.Infrastructure;

/// <summary>How to reach the nodes by SSH, and which of their files are configuration.</summary>
public sealed class SshConfigurationOptions : IAdapterOptions
{
    private const int MostPathCharacters = 64 * 1024;

    /// <summary>The user on the nodes. It has to be able to read the files, and to replace those that are restored. No default.</summary>
    public string User { get; set; } = string.Empty;

    /// <summary>The private key, without a passphrase or held by an agent; readable by nobody else. The only way of login. No default.</summary>
    [FilePath]
    public string KeyFile { get; set; } = string.Empty;

    /// <summary>
    /// The host keys of the nodes in the format of <c>known_hosts</c>; the only file that is asked, and never written. A host that is
    /// not in it, or that shows another key, is refused. No default.
    /// </summary>
    [FilePath]
    public string KnownHostsFile { get; set; } = string.Empty;

    /// <summary>
    /// The files: absolute paths, in which <c>*</c>, <c>?</c> and <c>[…]</c> stand for what a shell lets them stand for; a backslash
    /// makes the next character mean itself. A folder stands for all files below it; only regular files and symbolic links count. What does
    /// not exist is left out, and the self-test names it.
    /// </summary>
    public IList<string> Paths { get; } = [];

    /// <summary>
    /// Where SSH is answered, by node name: <c>host</c>, <c>host:port</c> or <c>[IPv6]:port</c>. Default: the host of the node's web
    /// address, port 22.
    /// </summary>
    [PerNode]
    public IDictionary<string, string> Hosts { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>How long one call may take, connecting included. Default: 30 seconds.</summary>
    [TimeBounds("1s", "10min")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A local folder with files as builds ship them, in <c>BUILD/absolute/path</c> such as <c>2.1.0.7854/etc/postfix/main.cf</c>; from
    /// <see cref="KsmgOptions.BasePath"/> where it is relative. Default: none.
    /// </summary>
    [FilePath]
    public string? PristineFolder { get; set; }

    /// <summary>
    /// Whether the node's package database is asked for files that <see cref="PristineFolder"/> lacks. It speaks only for packages
    /// whose version and release are the build asked for. Default: yes.
    /// </summary>
    public bool UsePackageDatabase { get; set; } = true;


    /// <summary>Where SSH is answered; <see langword="null"/> where that cannot be read.</summary>
    internal static HostPort? ParseHost(string text) => HostPort.Parse(text, defaultPort: 22);

    void IAdapterOptions.Complete(KsmgOptions cluster)
    {
        foreach (KsmgNodeOptions node in cluster.Nodes.Where(n => n is { Name: not null, Address: not null }))
        {
            Hosts.TryAdd(node.Name!, node.Address!.Host);
        }
    }

    IEnumerable<string> IAdapterOptions.FindMistakes(KsmgOptions? cluster)
    {
        // What becomes an option or a host name of ssh may hold nothing that means something there.
        if (User.Length == 0 || User[0] == '-' || !User.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            yield return Words.Get("ssh.user", User);
        }

        foreach (string mistake in CheckFile(nameof(KeyFile), KeyFile, Words.Get("ssh.private-key"))
            .Concat(CheckFile(nameof(KnownHostsFile), KnownHostsFile, Words.Get("ssh.host-keys"))))
        {
            yield return mistake;
        }

        if (Paths.Count == 0)
        {
            yield return Words.Get("ssh.paths-empty");
        }

        foreach (string path in Paths.Where(path => RemotePath.Word(path) is null))
        {
            yield return Words.Get("ssh.path", path);
        }

        if (Paths.Sum(path => path.Length) > MostPathCharacters)
        {
            yield return Words.Get("ssh.paths-too-long", MostPathCharacters);
        }

        foreach ((string node, string host) in Hosts.Where(h => ParseHost(h.Value) is null))
        {
            yield return Words.Get("ssh.host", host, node);
        }

        if (PristineFolder is { } folder && !Path.IsPathFullyQualified(folder))
        {
            yield return Words.Get("ssh.pristine", folder);
        }
    }

    private static IEnumerable<string> CheckFile(string option, string path, string what)
    {
        // It stands in quotes in an option of ssh, which knows no way to write a quote.
        if (path.Length == 0 || path.Any(c => c == '"' || char.IsControl(c)))
        {
            yield return Words.Get("ssh.names-no-file", option, path, what);
        }
        else if (!File.Exists(path))
        {
            yield return Words.Get("ssh.file-missing", option, path, what);
        }
    }
}
