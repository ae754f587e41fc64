using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Fluid;
using Fluid.Values;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>
/// The user's words for an event: a file in Liquid. What it names is checked when it is read; it sees the event and nothing else, includes no
/// other file, and is bounded in steps and in what it gives.
/// </summary>
internal sealed partial class EventTemplate
{
    /// <summary>How many steps a template may take.</summary>
    public const int MaxSteps = 10_000;

    private const int MaxBytes = 64 << 10;
    private const int MaxCharacters = 256 << 10;

    private static readonly FluidParser _parser = new();

    private static readonly TemplateOptions _options = new()
    {
        MaxSteps = MaxSteps,
        MaxRecursion = 10,
        CultureInfo = CultureInfo.InvariantCulture,
    };

    /// <summary>The most that any event tells, and the least: both have to give something usable.</summary>
    private static readonly UpgradeEvent[] _samples =
    [
        new()
        {
            RunId = "20261127-200000-0a1b",
            Cluster = "sample",
            At = DateTimeOffset.UnixEpoch,
            Kind = UpgradeEventKind.Paused,
            Node = "gw1",
            Step = StepId.Gate,
            Text = Message.Said("\"sample\"\n\\"),
            Values = new Dictionary<string, string>(StringComparer.Ordinal) { ["gate"] = "gate" },
        },
        new() { RunId = "20261127-200000-0a1b", At = DateTimeOffset.UnixEpoch, Kind = UpgradeEventKind.RunEnded, Text = Message.Said("sample") },
    ];

    private readonly IFluidTemplate _template;
    private readonly bool _isJson;

    private EventTemplate(IFluidTemplate template, bool isJson) => (_template, _isJson) = (template, isJson);

    /// <summary>What a template may name.</summary>
    public static IReadOnlyList<string> Members { get; } = ["run", "cluster", "kind", "title", "node", "step", "text", "at", "values", "commands"];

    /// <summary>The template of a file; <see langword="null"/>: none is named, or something is wrong with it.</summary>
    /// <param name="option">The option that names it.</param>
    /// <param name="file">The file.</param>
    /// <param name="isJson">Whether it gives JSON: then what it puts in is escaped for a text of JSON.</param>
    /// <param name="mistake">What is wrong, with file and line.</param>
    public static EventTemplate? Read(string option, string? file, bool isJson, out string? mistake)
    {
        mistake = null;
        if (file is not { Length: > 0 })
        {
            return null;
        }

        string source;
        try
        {
            if (new FileInfo(file).Length > MaxBytes)
            {
                mistake = Words.Get("template.too-long", option, file, MaxBytes);
                return null;
            }

            source = File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            mistake = Words.Get("template.unreadable", option, file, e.Message.TrimEnd('.'));
            return null;
        }

        if (!_parser.TryParse(source, out IFluidTemplate? template, out string? error))
        {
            string first = error.Split('\n')[0].Trim();
            string line = Place().Match(first) is { Success: true } place ? place.Groups["line"].Value : "1";
            mistake = Words.Get("template.syntax", option, file, line, Printable.OneLine(Place().Replace(first, string.Empty)).TrimEnd());
            return null;
        }

        TemplateCheck check = new(_options.Filters);
        check.VisitTemplate(template);
        if (check.Mistake is var (key, word))
        {
            mistake = Words.Get(
                "template.wrong", option, file, LineOf(source, word), Words.Get(key, word, string.Join(", ", Members), MaxSteps));
            return null;
        }

        EventTemplate made = new(template, isJson);
        try
        {
            _ = _samples.Select(made.Render).ToArray();
            return made;
        }
        catch (KsmgException e)
        {
            mistake = Words.Get("template.useless", option, file, e.Message);
            return null;
        }
    }

    /// <summary>The words for an event.</summary>
    /// <exception cref="KsmgException">They are too many, or no JSON where they have to be.</exception>
    public string Render(UpgradeEvent e)
    {
        string? said = e.Text;
        TemplateContext context = new(_options);
        context.SetValue("run", new StringValue(e.RunId));
        context.SetValue("cluster", new StringValue(e.Cluster));
        context.SetValue("kind", new StringValue(e.Kind.ToString()));
        context.SetValue("title", new StringValue(EventWords.Title(e.Kind)));
        context.SetValue("node", Optional(e.Node));
        context.SetValue("step", Optional(e.Step?.ToString()));
        context.SetValue("text", new StringValue(said ?? string.Empty));
        context.SetValue("at", new StringValue(e.At.ToString("u", CultureInfo.InvariantCulture)));
        context.SetValue("values", new DictionaryValue(new FluidValueDictionaryFluidIndexable(
            e.Values.ToDictionary(v => v.Key, FluidValue (v) => new StringValue(v.Value), StringComparer.Ordinal))));
        context.SetValue("commands", new ArrayValue([.. EventWords.Commands(e).Select(c => new StringValue(c))]));
        try
        {
            using BoundedText text = new(MaxCharacters);

            // Nothing in a template waits for anything.
            _template.RenderAsync(text, _isJson ? JavaScriptEncoder.Default : NullEncoder.Default, context).AsTask().GetAwaiter().GetResult();
            string given = text.ToString();
            if (_isJson)
            {
                using JsonDocument json = JsonDocument.Parse(given);
            }

            return given;
        }
        catch (JsonException e2)
        {
            throw new KsmgException(Words.Get("template.not-json", Printable.OneLine(e2.Message).TrimEnd('.')), e2);
        }
        catch (Exception e2) when (e2 is InvalidOperationException or FormatException or ArgumentException or ArithmeticException)
        {
            throw new KsmgException(Words.Get("template.fails", Printable.OneLine(e2.Message).TrimEnd('.')), e2);
        }
    }

    /// <summary>What a doctor shows of it: the beginning of what it makes of a sample.</summary>
    public SelfTestResult Show(string option, string file) =>
        new(Path.GetFileName(file), SelfTestOutcome.Works, Words.Get("template.gives", option, Printable.OneLine(Render(_samples[0]), 80)));

    private static FluidValue Optional(string? text) => text is null ? NilValue.Instance : new StringValue(text);

    /// <summary>The line of the first tag that says a word.</summary>
    private static int LineOf(string source, string word)
    {
        int at = Tag().Matches(source).Where(t => t.Value.Contains(word, StringComparison.Ordinal))
            .Select(t => t.Index + t.Value.IndexOf(word, StringComparison.Ordinal)).FirstOrDefault();
        return 1 + source.AsSpan(0, at).Count('\n');
    }

    [GeneratedRegex(@"\{[{%].*?[}%]\}", RegexOptions.Singleline, 1_000)]
    private static partial Regex Tag();

    [GeneratedRegex(@" at \((?<line>\d+):\d+\)", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Place();
}
