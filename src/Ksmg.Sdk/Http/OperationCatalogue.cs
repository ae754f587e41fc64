using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Ksmg.Sdk;

/// <summary>
/// Which call stands for which operation, per build range. Shipped inside the SDK; entries given in the configuration replace the
/// shipped ones of the same name, so that a guess about the appliance can be corrected without a new build.
/// </summary>
public sealed class OperationCatalogue
{
    private const string ResourceName = "Ksmg.Sdk.Http.catalogue.json";

    private const int ShownFaults = 10;

    private readonly SortedDictionary<string, IReadOnlyList<OperationEntry>> _operations;

    private OperationCatalogue(SortedDictionary<string, IReadOnlyList<OperationEntry>> operations, SessionDialect session) =>
        (_operations, Session) = (operations, session);

    /// <summary>The catalogue as shipped.</summary>
    public static OperationCatalogue Shipped { get; } = Load();

    /// <summary>The operations by name, each with its entries.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<OperationEntry>> Operations => _operations;

    /// <summary>The names of cookies and headers that hold the token of a session.</summary>
    internal SessionDialect Session { get; }

    /// <summary>The catalogue of a cluster: the shipped one, the cluster's dialect over it, and its own entries over both.</summary>
    /// <param name="options">The cluster.</param>
    /// <exception cref="FormatException">An entry or the dialect cannot be used; the message lists the faults, the first ten where there are more.</exception>
    public static OperationCatalogue Of(KsmgOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        OperationCatalogue catalogue = Shipped;
        if (options.Dialect is { Length: > 0 } file)
        {
            string path = options.FullPath(file);
            DialectDocument dialect = DialectFile.Load(path);
            catalogue = catalogue.With(dialect.Operations, options, dialect.Defaults, path, dialect.ToSession());
        }

        return catalogue.With(options.Catalogue, options);
    }

    /// <summary>This catalogue with entries of the same names replaced.</summary>
    /// <param name="overrides">Operation name → its entries.</param>
    /// <exception cref="FormatException">An entry cannot be used; the message lists the faults, the first ten where there are more.</exception>
    public OperationCatalogue With(IEnumerable<KeyValuePair<string, IList<CatalogueEntryOptions>>> overrides)
    {
        ArgumentNullException.ThrowIfNull(overrides);
        return With(overrides, new KsmgOptions());
    }

    private OperationCatalogue With(
        IEnumerable<KeyValuePair<string, IList<CatalogueEntryOptions>>> overrides,
        KsmgOptions options,
        DialectDefaults? defaults = null,
        string? file = null,
        SessionDialect? session = null)
    {
        IEnumerable<CatalogueEntryOptions> entries = _operations.Values.SelectMany(known => known).Select(entry => entry.Written)
            .Concat(overrides.SelectMany(operation => operation.Value));
        CatalogueReader reader = new(options.AnswerLanguage, defaults)
        {
            File = file,
            AllowsUnsure = options.AllowsUnsure,
            UploadsInstall = (overrides.FirstOrDefault(o => o.Key == OperationNames.UploadUpdate).Value
                ?? [.. _operations[OperationNames.UploadUpdate].Select(entry => entry.Written)]).All(UploadWay.IsInstalling),
            Kept = entries.Concat(entries.SelectMany(entry => entry.Upload?.Calls ?? []))
                .SelectMany(entry => entry.Keep?.Keys ?? []).ToHashSet(StringComparer.Ordinal),
        };
        var operations = new SortedDictionary<string, IReadOnlyList<OperationEntry>>(_operations, StringComparer.Ordinal);
        foreach ((string name, IList<CatalogueEntryOptions> written) in overrides)
        {
            if (_operations.ContainsKey(name))
            {
                operations[name] = reader.Read(name, written, Shipped._operations[name][0]);
            }
            else
            {
                reader.Faults.Add(Words.Get("catalogue.unknown", name, Nearest.Ask(name, operations.Keys)));
            }
        }

        if (reader.Faults.Count == 0)
        {
            return new OperationCatalogue(operations, session ?? Session);
        }

        IEnumerable<string> shown = reader.Faults.Take(ShownFaults).Select(fault => Printable.OneLine(fault));
        string more = reader.Faults.Count > ShownFaults ? Environment.NewLine + Words.Get("catalogue.more", reader.Faults.Count - ShownFaults) : string.Empty;
        string known = overrides.All(o => operations.ContainsKey(o.Key))
            ? string.Empty
            : " " + Words.Get("catalogue.operations", string.Join(", ", operations.Keys));
        throw new FormatException(string.Join(Environment.NewLine, shown) + more + known);
    }

    /// <summary>The entry for a build, if the operation has one.</summary>
    /// <param name="operation">The name of the operation.</param>
    /// <param name="build">The build of the node; <see langword="null"/> while unknown: then only an entry for every build is found.</param>
    /// <param name="entry">The entry.</param>
    /// <exception cref="KeyNotFoundException">There is no such operation at all.</exception>
    public bool TryFind(string operation, BuildNumber? build, [NotNullWhen(true)] out OperationEntry? entry)
    {
        foreach (OperationEntry candidate in _operations[operation])
        {
            if (build is { } known ? candidate.Covers(known) : candidate.IsUnbounded)
            {
                entry = candidate;
                return true;
            }
        }

        entry = null;
        return false;
    }

    private static OperationCatalogue Load()
    {
        using Stream json = typeof(OperationCatalogue).Assembly.GetManifestResourceStream(ResourceName)
            ?? throw new InvalidOperationException($"The resource {ResourceName} is missing.");
        DialectDocument document = JsonSerializer.Deserialize(json, DialectJson.Default.DialectDocument)!;
        CatalogueReader reader = new(null, null);
        var operations = new SortedDictionary<string, IReadOnlyList<OperationEntry>>(StringComparer.Ordinal);
        foreach ((string name, IList<CatalogueEntryOptions> entries) in document.Operations)
        {
            operations.Add(name, reader.Read(name, entries, null));
        }

        return reader.Faults.Count == 0
            ? new OperationCatalogue(operations, SessionDialect.Observed)
            : throw new InvalidOperationException(string.Join(Environment.NewLine, reader.Faults));
    }
}
