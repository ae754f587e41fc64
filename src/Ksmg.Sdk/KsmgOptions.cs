using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk;

/// <summary>A cluster as configured: section <c>Ksmg</c> of the configuration.</summary>
public sealed class KsmgOptions
{
    /// <summary>The name of the cluster. Default: <c>ksmg</c>, or the name given to <c>AddKsmg</c>.</summary>
    public string Name { get; set; } = "ksmg";

    /// <summary>The folder from which relative paths count. Default: the current directory.</summary>
    public string? BasePath { get; set; }

    /// <summary>The nodes, in the order in which they are listed.</summary>
    public IList<KsmgNodeOptions> Nodes { get; set; } = new List<KsmgNodeOptions>();

    /// <summary>The account of the sessions.</summary>
    public KsmgCredentials Credentials { get; set; } = new();

    /// <summary>How long making a connection (TCP and TLS) may take. Default: 5 seconds.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a call may take altogether: login, attempts, pauses between them and the answer. Hard for everything but the bytes of an
    /// upload: after this time nothing of the call can reach the node any more. Default: 8 seconds.
    /// </summary>
    public TimeSpan RequestLimit { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>How long an upload may stand still before it counts as broken. Default: 60 seconds.</summary>
    public TimeSpan UploadIdleTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Entries that replace those of the shipped <see cref="OperationCatalogue"/>: operation name → entries.</summary>
    public IDictionary<string, IList<CatalogueEntryOptions>> Catalogue { get; set; } =
        new Dictionary<string, IList<CatalogueEntryOptions>>(StringComparer.Ordinal);

    /// <summary>
    /// A JSON file with a dialect: entries that replace those of the shipped catalogue, with defaults of their own;
    /// <see cref="Catalogue"/> lies over it. From <see cref="BasePath"/> where it is relative. Default: none.
    /// </summary>
    public string? Dialect { get; set; }

    /// <summary>
    /// A JSON file with what is known of updates, in place of what is shipped (<see cref="Sdk.KnownDefects"/>). From <see cref="BasePath"/> where it is
    /// relative. Default: none.
    /// </summary>
    public string? KnownDefects { get; set; }

    /// <summary>The language of expressions in the catalogue and the dialect; set by <c>AddDialects()</c> of <c>Ksmg.Sdk.Dialects</c>. Default: none.</summary>
    public IAnswerLanguage? AnswerLanguage { get; set; }

    /// <summary>Whether the entries of the catalogue and the dialect may be unsure: for who only asks. Default: they are refused.</summary>
    internal bool AllowsUnsure { get; set; }

    /// <summary>What may stand in the section; the neighbours of the cluster and the policy of its runs are read by those who use them.</summary>
    internal static SectionShape<KsmgOptions> Shape { get; } = new SectionShape<KsmgOptions>()
        .Text(nameof(Name), (o, value) => o.Name = value)
        .Text(nameof(BasePath), (o, value) => o.BasePath = value)
        .Items(nameof(Nodes), KsmgNodeOptions.Shape, o => o.Nodes)
        .Part(nameof(Credentials), KsmgCredentials.Shape, o => o.Credentials)
        .Time(nameof(ConnectTimeout), (o, value) => o.ConnectTimeout = value)
        .Time(nameof(RequestLimit), (o, value) => o.RequestLimit = value)
        .Time(nameof(UploadIdleTimeout), (o, value) => o.UploadIdleTimeout = value)
        .Text(nameof(Dialect), (o, value) => o.Dialect = value)
        .Text(nameof(KnownDefects), (o, value) => o.KnownDefects = value)
        .ItemsByName(nameof(Catalogue), CatalogueEntryOptions.Shape, o => o.Catalogue)
        .Elsewhere([.. PortSections.Names, "Policy"]);

    /// <summary>A path of the configuration as an absolute path.</summary>
    internal string FullPath(string path) => Path.GetFullPath(path, Path.GetFullPath(BasePath ?? "."));
}
