using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;

namespace Ksmg.Sdk;

/// <summary>
/// Which call stands for which operation, per build range. Shipped inside the SDK; entries given in the configuration replace the
/// shipped ones of the same name, so that a guess about the appliance can be corrected without a new build.
/// </summary>
public sealed class OperationCatalogue
{
    private const string ResourceName = "Ksmg.Sdk.Http.catalogue.json";

    // Asked before the build is known, so they cannot depend on it.
    private static readonly string[] BeforeBuildIsKnown = [OperationNames.GetAuthInfo, OperationNames.UserLogin, OperationNames.GetAbout];

    private readonly SortedDictionary<string, IReadOnlyList<OperationEntry>> _operations;

    private OperationCatalogue(SortedDictionary<string, IReadOnlyList<OperationEntry>> operations) => _operations = operations;

    /// <summary>The catalogue as shipped.</summary>
    public static OperationCatalogue Shipped { get; } = Load();

    /// <summary>The operations by name, each with its entries.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<OperationEntry>> Operations => _operations;

    /// <summary>This catalogue with entries of the same names replaced.</summary>
    /// <param name="overrides">Operation name → its entries.</param>
    /// <exception cref="FormatException">An entry cannot be used; the message lists every fault.</exception>
    public OperationCatalogue With(IEnumerable<KeyValuePair<string, IList<CatalogueEntryOptions>>> overrides)
    {
        ArgumentNullException.ThrowIfNull(overrides);
        var errors = new List<string>();
        var operations = new SortedDictionary<string, IReadOnlyList<OperationEntry>>(_operations, StringComparer.Ordinal);
        foreach ((string name, IList<CatalogueEntryOptions> entries) in overrides)
        {
            if (!operations.ContainsKey(name))
            {
                errors.Add(
                    Words.Get("catalogue.unknown", name, Nearest.Ask(name, _operations.Keys), string.Join(", ", _operations.Keys)));
                continue;
            }

            operations[name] = Read(name, entries, errors);
        }

        return errors.Count == 0 ? new OperationCatalogue(operations) : throw new FormatException(string.Join(Environment.NewLine, errors));
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
        CatalogueDocument document = JsonSerializer.Deserialize(json, KsmgJson.Default.CatalogueDocument)!;
        var errors = new List<string>();
        var operations = new SortedDictionary<string, IReadOnlyList<OperationEntry>>(StringComparer.Ordinal);
        foreach ((string name, IList<CatalogueEntryOptions> entries) in document.Operations)
        {
            operations.Add(name, Read(name, entries, errors));
        }

        return errors.Count == 0
            ? new OperationCatalogue(operations)
            : throw new InvalidOperationException(string.Join(Environment.NewLine, errors));
    }

    private static List<OperationEntry> Read(string name, IList<CatalogueEntryOptions> entries, List<string> errors)
    {
        var result = new List<OperationEntry>();
        if (entries.Count == 0)
        {
            errors.Add(Words.Get("catalogue.empty", name));
        }

        for (int i = 0; i < entries.Count; i++)
        {
            CatalogueEntryOptions entry = entries[i];
            int before = errors.Count;
            void Fault(string option, string message) => errors.Add(string.Create(CultureInfo.InvariantCulture, $"Catalogue:{name}:{i}:{option}: {message}"));

            BuildNumber? Build(string option, string? text)
            {
                if (string.IsNullOrEmpty(text))
                {
                    return null;
                }

                if (!BuildNumber.TryParse(text, out BuildNumber build))
                {
                    Fault(option, Words.Get("catalogue.build", text));
                }

                return build;
            }

            BuildNumber? from = Build("From", entry.From);
            BuildNumber? until = Build("Before", entry.Before);
            if (from >= until)
            {
                Fault("Before", Words.Get("catalogue.range-empty"));
            }

            HttpMethod? method = entry.Method?.ToUpperInvariant() switch { "GET" => HttpMethod.Get, "POST" => HttpMethod.Post, _ => null };
            if (method is null)
            {
                Fault("Method", Words.Get("catalogue.method", entry.Method));
            }

            if (entry.Path is not { Length: > 1 } path || path[0] != '/' || path[1] == '/' || path.AsSpan().ContainsAny("?#\\ "))
            {
                Fault("Path", Words.Get("catalogue.path", entry.Path));
            }

            CallSafety? safety = entry.Safety?.ToUpperInvariant() switch
            {
                "SAFE" => CallSafety.Safe,
                "IFNOTSENT" => CallSafety.IfNotSent,
                "NEVER" => CallSafety.Never,
                _ => null,
            };
            if (safety is null)
            {
                Fault("Safety", Words.Get("catalogue.safety", entry.Safety));
            }

            if (name == OperationNames.UploadUpdate && safety is not (null or CallSafety.Never))
            {
                Fault("Safety", Words.Get("catalogue.upload-never"));
            }

            OperationProvenance? provenance = entry.Provenance?.ToUpperInvariant() switch
            {
                null or "ASSUMED" => OperationProvenance.Assumed,
                "OBSERVED" => OperationProvenance.Observed,
                _ => null,
            };
            if (provenance is null)
            {
                Fault("Provenance", Words.Get("catalogue.provenance", entry.Provenance));
            }

            if (errors.Count == before)
            {
                result.Add(new OperationEntry
                {
                    From = from,
                    Before = until,
                    Method = method!,
                    Path = entry.Path!,
                    Safety = safety!.Value,
                    Provenance = provenance!.Value,
                    Resumable = entry.Resumable,
                });
            }
        }

        for (int i = 1; i < result.Count; i++)
        {
            if (result.Take(i).Any(earlier => Overlap(earlier, result[i])))
            {
                errors.Add(Words.Get("catalogue.overlap", name));
            }
        }

        if (BeforeBuildIsKnown.Contains(name) && (result.Count != 1 || !result[0].IsUnbounded) && result.Count == entries.Count)
        {
            errors.Add(Words.Get("catalogue.before-build", name));
        }

        return result;
    }

    private static bool Overlap(OperationEntry a, OperationEntry b) =>
        !(a.Before <= b.From) && !(b.Before <= a.From);
}

/// <summary>The embedded file.</summary>
internal sealed class CatalogueDocument
{
    public required int Schema { get; init; }

    public required Dictionary<string, IList<CatalogueEntryOptions>> Operations { get; init; }
}
