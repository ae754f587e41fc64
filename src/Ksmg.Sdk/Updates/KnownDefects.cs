using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ksmg.Sdk;

/// <summary>
/// What is known of updates, by the way from one build to another: notes with where they stand. Shipped as data; a file in the configuration
/// takes its place, without a new version of the program.
/// </summary>
public sealed class KnownDefects
{
    private const string ResourceName = "Ksmg.Sdk.Updates.known-defects.json";
    private const int Schema = 1;
    private const int MostBytes = 1024 * 1024;

    private KnownDefects(IReadOnlyList<KnownDefect> all) => All = all;

    /// <summary>Those that are shipped.</summary>
    public static KnownDefects Shipped { get; } = LoadShipped();

    /// <summary>All of them.</summary>
    public IReadOnlyList<KnownDefect> All { get; }

    /// <summary>Those of a cluster: the file its configuration names, or else the shipped ones.</summary>
    /// <param name="options">The cluster.</param>
    /// <exception cref="FormatException">The file cannot be used; the message says why.</exception>
    public static KnownDefects Of(KsmgOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.KnownDefects is { Length: > 0 } file ? Load(options.FullPath(file)) : Shipped;
    }

    /// <summary>Those of a file.</summary>
    /// <param name="path">The file: JSON, in which comments and trailing commas are allowed.</param>
    /// <exception cref="FormatException">The file cannot be used; the message says why.</exception>
    public static KnownDefects Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using FileStream file = File.OpenRead(path);
            return file.Length <= MostBytes ? Read(file) : throw new JsonException(Words.Get("defects.too-large", MostBytes));
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new FormatException(Words.Get("defects.unusable", path, Printable.Reason(e.Message)), e);
        }
    }

    /// <summary>Those on the way from one build to another.</summary>
    /// <param name="from">Where the upgrade starts.</param>
    /// <param name="to">Where it ends; <see langword="null"/>: that is not known yet.</param>
    public IReadOnlyList<KnownDefect> For(BuildNumber from, BuildNumber? to) =>
        [.. All.Where(d => d.From?.Covers(from) != false && (to is not { } end || d.To?.Covers(end) != false))];

    private static KnownDefects LoadShipped()
    {
        using Stream shipped = typeof(KnownDefects).Assembly.GetManifestResourceStream(ResourceName)!;
        return Read(shipped);
    }

    /// <exception cref="JsonException">They cannot be used.</exception>
    private static KnownDefects Read(Stream json)
    {
        KnownDefectsFile file = JsonSerializer.Deserialize(json, KnownDefectsJson.Default.KnownDefectsFile)
            ?? throw new JsonException(Words.Get("document.null"));
        if (file.Schema != Schema)
        {
            throw new JsonException(Words.Get("defects.schema", file.Schema, Schema));
        }

        string[] twins = [.. file.Defects.GroupBy(d => d.Id, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key)];
        return twins.Length == 0 ? new KnownDefects(file.Defects) : throw new JsonException(Words.Get("defects.twice", string.Join(", ", twins)));
    }
}

/// <summary>The file of known defects.</summary>
internal sealed record KnownDefectsFile
{
    public required int Schema { get; init; }

    public required IReadOnlyList<KnownDefect> Defects { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    AllowTrailingCommas = true,
    ReadCommentHandling = JsonCommentHandling.Skip,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    Converters = [typeof(BuildNumberConverter)])]
[JsonSerializable(typeof(KnownDefectsFile))]
internal sealed partial class KnownDefectsJson : JsonSerializerContext;
