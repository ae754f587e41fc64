using System.Globalization;

namespace Ksmg.Sdk;

/// <summary>Reads the entries of a catalogue as they are written, and finds every fault in them.</summary>
/// <param name="language">The language of their expressions, if there is one.</param>
/// <param name="defaults">What holds for all entries that do not say it themselves.</param>
internal sealed class CatalogueReader(IAnswerLanguage? language, DialectDefaults? defaults)
{
    // Asked before the build is known, so they cannot depend on it.
    private static readonly string[] BeforeBuildIsKnown = [OperationNames.GetAuthInfo, OperationNames.UserLogin, OperationNames.GetAbout];

    /// <summary>What a run can do without, the last two by a consent alone.</summary>
    private static readonly string[] Dispensable =
    [
        OperationNames.GetCurrentUser, OperationNames.StartIntegrityCheck, OperationNames.ListQueue, OperationNames.FlushQueue,
        OperationNames.GetUpdateStatus, OperationNames.DeleteUpdate, OperationNames.GetQueueSummary, OperationNames.ListUpdates,
    ];

    private static readonly Dictionary<string, HttpMethod> Methods = new(StringComparer.OrdinalIgnoreCase)
    {
        ["GET"] = HttpMethod.Get,
        ["POST"] = HttpMethod.Post,
        ["PUT"] = HttpMethod.Put,
        ["PATCH"] = HttpMethod.Patch,
        ["DELETE"] = HttpMethod.Delete,
    };

    private static readonly Dictionary<string, CallSafety> Safeties = Enum.GetValues<CallSafety>()
        .ToDictionary(safety => safety.ToString(), StringComparer.OrdinalIgnoreCase);

    private static readonly Dictionary<string, OperationProvenance> Provenances = Enum.GetValues<OperationProvenance>()
        .ToDictionary(provenance => provenance.ToString(), StringComparer.OrdinalIgnoreCase);

    /// <summary>What a call before or after the pieces of an upload leaves out.</summary>
    private static readonly OperationEntry OfUpload = new()
    {
        Method = HttpMethod.Post,
        Path = string.Empty,
        Safety = CallSafety.Never,
        Provenance = OperationProvenance.Assumed,
        Written = new CatalogueEntryOptions { Method = "POST", Safety = nameof(CallSafety.Never), Provenance = nameof(OperationProvenance.Assumed) },
    };

    public List<string> Faults { get; } = [];

    /// <summary>What the entries of the catalogue keep of answers.</summary>
    public IReadOnlyCollection<string> Kept { get; init; } = [];

    /// <summary>The file in which the entries are written; <see langword="null"/>: the section <c>Catalogue</c> of the configuration.</summary>
    public string? File { get; init; }

    /// <summary>Whether every upload installs, so that there need be no call that starts an installation.</summary>
    public bool UploadsInstall { get; init; }

    /// <summary>Whether entries that say what is unsure in them are taken all the same: for who only looks at them.</summary>
    public bool AllowsUnsure { get; init; }

    /// <summary>Whether a run can do without an operation, if need be by a consent.</summary>
    public static bool IsDispensable(string operation) => Dispensable.Contains(operation);

    /// <summary>Reads the entries of one operation.</summary>
    /// <param name="name">The operation.</param>
    /// <param name="entries">Its entries.</param>
    /// <param name="shipped">What they leave out; <see langword="null"/>: they may leave out nothing.</param>
    public List<OperationEntry> Read(string name, IList<CatalogueEntryOptions> entries, OperationEntry? shipped)
    {
        List<OperationEntry> result = [];
        if (entries.Count == 0)
        {
            Faults.Add(Words.Get("catalogue.empty", name));
        }

        for (int i = 0; i < entries.Count; i++)
        {
            string place = string.Create(CultureInfo.InvariantCulture, $"{File ?? "Catalogue"}:{name}:{i}");
            int before = Faults.Count;
            OperationEntry entry = Read(name, entries[i], shipped, (member, message) => Faults.Add($"{place}:{MemberName(member)}: {message}"));
            if (Faults.Count == before)
            {
                result.Add(entry);
            }
        }

        if (Enumerable.Range(1, Math.Max(0, result.Count - 1)).Any(i => result.Take(i).Any(earlier => Overlap(earlier, result[i]))))
        {
            Faults.Add(Words.Get("catalogue.overlap", name));
        }

        if (BeforeBuildIsKnown.Contains(name) && (result.Count != 1 || !result[0].IsUnbounded) && result.Count == entries.Count)
        {
            Faults.Add(Words.Get("catalogue.before-build", name));
        }

        return result;
    }

    private OperationEntry Read(string name, CatalogueEntryOptions written, OperationEntry? shipped, Action<string, string> fault)
    {
        BuildNumber? from = Build("from", written.From);
        BuildNumber? until = Build("before", written.Before);
        if (from >= until)
        {
            fault("before", Words.Get("catalogue.range-empty"));
        }

        CatalogueEntryOptions entry = Complete(written, shipped);
        if (!Methods.TryGetValue(entry.Method ?? string.Empty, out HttpMethod? method))
        {
            fault("method", Words.Get("catalogue.method", entry.Method));
        }

        if (entry.Path is not { Length: > 1 } path || path[0] != '/' || path[1] == '/' || path.AsSpan().ContainsAny("?#\\ "))
        {
            fault("path", Words.Get("catalogue.path", entry.Path));
        }

        if (!Safeties.TryGetValue(entry.Safety ?? string.Empty, out CallSafety safety))
        {
            fault("safety", Words.Get("catalogue.safety", entry.Safety));
        }
        else if (shipped is not null && safety > shipped.Safety)
        {
            fault("safety", Words.Get("catalogue.safety-looser", Written(safety), name, Written(shipped.Safety)));
        }

        if (!Provenances.TryGetValue(entry.Provenance ?? nameof(OperationProvenance.Assumed), out OperationProvenance provenance))
        {
            fault("provenance", Words.Get("catalogue.provenance", entry.Provenance));
        }

        if (method == HttpMethod.Get && (entry.Body is not null || entry.Form is not null || entry.Content is not null))
        {
            fault(entry.Body is not null ? "body" : entry.Form is not null ? "form" : "content", Words.Get("dialect.body-of-get"));
        }

        foreach (string kept in entry.Keep?.Keys ?? [])
        {
            if (!TextTemplate.IsName(kept) || OperationArguments.IsKnown(kept))
            {
                fault("keep", Words.Get("dialect.keep-name", kept));
            }
            else if (name is OperationNames.GetAuthInfo or OperationNames.UserLogin)
            {
                fault("keep", Words.Get("dialect.keep-login"));
            }
        }

        if (written.Unsure is { Length: > 0 } unsure && !AllowsUnsure)
        {
            fault("unsure", Words.Get("dialect.unsure", unsure));
        }

        if (entry.Missing && !Dispensable.Contains(name) && !(name == OperationNames.StartUpdate && UploadsInstall))
        {
            fault("missing", Words.Get("dialect.not-dispensable", string.Join(", ", Dispensable)));
        }

        RequestTemplate? request = entry.Path is null ? null : RequestTemplate.Read(name, entry, Kept, fault);
        return new OperationEntry
        {
            From = from,
            Before = until,
            Method = method!,
            Path = entry.Path!,
            Safety = safety,
            Provenance = provenance,
            Resumable = entry.Resumable,
            Missing = entry.Missing,
            Request = request!,
            Upload = UploadWay.Read(
                name,
                entry,
                request,
                (operation, place, part) => Read(operation, part, OfUpload, (member, message) => fault($"{place}.{member}", message)),
                fault),
            Mapping = AnswerMapping.Read(name, entry, language, fault),
            Written = entry,
        };

        BuildNumber? Build(string member, string? text)
        {
            if (string.IsNullOrEmpty(text))
            {
                return null;
            }

            if (!BuildNumber.TryParse(text, out BuildNumber build))
            {
                fault(member, Words.Get("catalogue.build", text));
            }

            return build;
        }
    }

    /// <summary>Members are written as in JSON, and as settings in the configuration.</summary>
    private string MemberName(string member) => File is null ? char.ToUpperInvariant(member[0]) + member[1..] : member;

    private static string Written(CallSafety safety) => char.ToLowerInvariant(safety.ToString()[0]) + safety.ToString()[1..];

    /// <summary>The entry with what it leaves out: the request from the shipped entry, where it has none of its own, the rest from the defaults.</summary>
    private CatalogueEntryOptions Complete(CatalogueEntryOptions entry, OperationEntry? shipped)
    {
        CatalogueEntryOptions? known = shipped?.Written;
        bool hasFile = entry.Form is not null || entry.Content is not null || known is null;
        bool hasRequest = entry.Query is not null || entry.Body is not null || hasFile;
        return new CatalogueEntryOptions
        {
            Method = entry.Method ?? known?.Method,
            Path = entry.Path ?? known?.Path,
            Query = hasRequest ? entry.Query : known!.Query,
            Body = hasRequest ? entry.Body : known!.Body,
            Form = hasFile ? entry.Form : known!.Form,
            Content = hasFile ? entry.Content : known!.Content,
            PartType = entry.PartType ?? (hasFile ? null : known!.PartType),
            Headers = Merge(defaults?.Headers, entry.Headers),
            Safety = entry.Safety ?? known?.Safety,
            Provenance = entry.Provenance ?? known?.Provenance,
            Resumable = entry.Resumable,
            Answer = entry.Answer,
            Success = entry.Success ?? defaults?.Success,
            Failure = entry.Failure ?? defaults?.Failure,
            MayHaveActed = entry.MayHaveActed ?? defaults?.MayHaveActed,
            Words = entry.Words,
            Times = entry.Times ?? defaults?.Times,
            Keep = entry.Keep,
            Upload = entry.Upload,
            Missing = entry.Missing,
            Unsure = entry.Unsure,
        };
    }

    private static Dictionary<string, string>? Merge(IDictionary<string, string>? common, IDictionary<string, string>? own)
    {
        Dictionary<string, string> all = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, string value) in (common ?? new Dictionary<string, string>()).Concat(own ?? new Dictionary<string, string>()))
        {
            all[name] = value;
        }

        return all.Count > 0 ? all : null;
    }

    private static bool Overlap(OperationEntry a, OperationEntry b) => !(a.Before <= b.From) && !(b.Before <= a.From);
}
