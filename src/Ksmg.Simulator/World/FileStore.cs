using System.Security.Cryptography;
using System.Text;
using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Simulator;

/// <summary>A configuration file of a simulated node.</summary>
internal sealed record SimulatedFile(string Path, string Mode, string Owner, ReadOnlyMemory<byte> Content, string? LinkTarget = null)
{
    // Computed on demand: a copy made by `with` must not inherit the digest of other bytes.
    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Content.Span));

    public ConfigurationFile ToPublic() => new()
    {
        Path = Path,
        Mode = Mode,
        Owner = Owner,
        Sha256 = Sha256,
        SizeBytes = Content.Length,
        LinkTarget = LinkTarget,
    };
}

/// <summary>All files of a node, as a snapshot keeps them.</summary>
internal sealed record FileImage(IReadOnlyDictionary<string, SimulatedFile> Files);

/// <summary>The configuration files of all nodes, and how each build ships them. An update resets what lies under the templates.</summary>
internal sealed class FileStore(SimulatedWorld world)
{
    public const string ApplianceTemplates = "/opt/kaspersky/ksmg-appliance-addon/share/templates/";
    public const string CoreSettings = "/opt/kaspersky/ksmg/share/templates/core_settings/";

    /// <summary>The file that differs between builds, so that a change to it cannot be carried over blindly.</summary>
    public const string VersionedPath = CoreSettings + "event_logger.json.template";

    /// <summary>The template that every node starts with a hand edit in.</summary>
    public const string EditedTemplatePath = ApplianceTemplates + "postfix_main.cf.template";

    private static readonly string[] Paths =
    [
        EditedTemplatePath,
        VersionedPath,
        "/etc/postfix/main.cf",
        "/etc/rsyslog.d/ksmg-cef-messages.conf",
        "/etc/snmp/snmpd.conf",
    ];

    private static readonly SimulatedFile[] AtStart =
    [
        .. Paths.Where(path => path != VersionedPath).Select(path => Pristine(path) with { Content = Edited(path) }),
    ];

    private readonly Dictionary<string, SortedDictionary<string, SimulatedFile>> _nodes = new(StringComparer.Ordinal);

    /// <summary>The paths that exist on a fresh node.</summary>
    public static IReadOnlyList<string> KnownPaths => Paths;

    public IReadOnlyCollection<SimulatedFile> List(string node) => Of(node).Values;

    public SimulatedFile Read(string node, string path) =>
        Of(node).GetValueOrDefault(path) ?? throw new ApiRefusal(404, "notFound", $"{path} does not exist on {node}.");

    public void Write(string node, SimulatedFile file, Caller caller)
    {
        Of(node)[file.Path] = file;
        world.Effect(node, "config-written", caller, $"{file.Path} sha256 {file.Sha256}");
    }

    public void Delete(string node, string path, Caller caller)
    {
        if (Of(node).Remove(path))
        {
            world.Effect(node, "config-deleted", caller, path);
        }
    }

    /// <summary>A file as a build ships it; <see langword="null"/> for a file no build ships.</summary>
    public static SimulatedFile? Ship(string path, BuildNumber build) => Array.IndexOf(Paths, path) < 0 ? null : Shipped(path, build);

    /// <summary>What an update does to hand edits.</summary>
    public void ResetTemplates(string node, BuildNumber build)
    {
        foreach (string path in Of(node).Keys.Where(IsTemplate).ToArray())
        {
            Of(node).Remove(path);
        }

        foreach (string path in Paths.Where(IsTemplate))
        {
            Of(node)[path] = Shipped(path, build);
        }

        world.Effect(node, "config-reset", Caller.Appliance, $"{ApplianceTemplates} and {CoreSettings}");
    }

    public FileImage Capture(string node) => new(new Dictionary<string, SimulatedFile>(Of(node), StringComparer.Ordinal));

    public void Restore(string node, FileImage image) =>
        _nodes[node] = new SortedDictionary<string, SimulatedFile>(image.Files.ToDictionary(), StringComparer.Ordinal);

    private static bool IsTemplate(string path) =>
        path.StartsWith(ApplianceTemplates, StringComparison.Ordinal) || path.StartsWith(CoreSettings, StringComparison.Ordinal);

    private static SimulatedFile Pristine(string path) =>
        new(path, "0644", "root:root", Encoding.UTF8.GetBytes($"# {path} as shipped\nsetting = default\n"));

    private static SimulatedFile Shipped(string path, BuildNumber build) =>
        path == VersionedPath ? Pristine(path) with { Content = Encoding.UTF8.GetBytes($"{{ \"shippedWith\": \"{build}\" }}\n") } : Pristine(path);

    private static ReadOnlyMemory<byte> Edited(string path) =>
        path is EditedTemplatePath or "/etc/postfix/main.cf"
            ? Encoding.UTF8.GetBytes($"# {path} as shipped\nsetting = default\n# edited by hand\nmessage_size_limit = 52428800\n")
            : Pristine(path).Content;

    private SortedDictionary<string, SimulatedFile> Of(string node)
    {
        if (!_nodes.TryGetValue(node, out SortedDictionary<string, SimulatedFile>? files))
        {
            SimulatedNode known = world.Find(node) ?? throw new ApiRefusal(404, "notFound", $"There is no node '{node}'.");
            files = new SortedDictionary<string, SimulatedFile>(AtStart.ToDictionary(file => file.Path), StringComparer.Ordinal)
            {
                [VersionedPath] = Shipped(VersionedPath, known.Build),
            };
            _nodes.Add(node, files);
        }

        return files;
    }
}
