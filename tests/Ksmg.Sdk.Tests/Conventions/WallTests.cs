using System.Text.RegularExpressions;

namespace Ksmg.Sdk.Tests.Conventions;

/// <summary>
/// The walls of the house: which folder of the SDK may name which. A folder names only what stands below it; the few doors beside that are
/// named here with what goes through them.
/// </summary>
public sealed partial class WallTests
{
    private const string Root = "src/Ksmg.Sdk/";
    private const string Upgrades = "Upgrades/";

    /// <summary>From the ground up. Folders of one floor do not name each other.</summary>
    private static readonly string[][] Floors =
    [
        ["Words", "Processes", "Errors", "Telemetry", "Configuration", "Http", "Http/Dialect", "Nodes", "Queue", "Roles", "Updates", "Packages", ""],
        ["Upgrades/Policy"],
        ["Upgrades/Ports"],
        ["Upgrades/Plan"],
        ["Upgrades/World", "Upgrades/Journal"],
        ["Upgrades/Journal/Files", "Upgrades/State"],
        ["Upgrades/Observing"],
        ["Upgrades/Steps"],
        ["Upgrades/Planning", "Upgrades/Deciding"],
        ["Upgrades/Telling"],
        ["Upgrades/Driving"],
        ["Upgrades"],
    ];

    /// <summary>The doors: a folder may name these types although they stand no lower than it does.</summary>
    private static readonly (string From, string Type, string Why)[] Doors =
    [
        ("", "PortKind", "Whoever builds a cluster registers its ports."),
        ("", "PortSections", "The options of a cluster hold those of its ports."),
        ("Upgrades/Ports", "StepId", "An event names its step."),
    ];

    private static readonly Dictionary<string, int> FloorOf = Floors
        .SelectMany((rooms, floor) => rooms.Select(room => (room, floor)))
        .ToDictionary(r => r.room, r => r.floor, StringComparer.Ordinal);

    [Fact]
    public void Every_folder_has_a_floor() =>
        Assert.Equal(FloorOf.Keys.Order(StringComparer.Ordinal), Sources().Select(s => s.Room).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void A_folder_names_only_what_stands_below_it()
    {
        List<(string Room, string File, string Text)> sources = [.. Sources()];
        Dictionary<string, string> rooms = new(StringComparer.Ordinal);
        foreach ((string room, _, string text) in sources)
        {
            foreach (Match type in Declared().Matches(text))
            {
                rooms.TryAdd(type.Groups["name"].Value, room);
            }
        }

        HashSet<string> used = [];
        List<string> breaches = [];
        foreach ((string room, string file, string text) in sources)
        {
            HashSet<string> own = [.. Members().Matches(text).Where(m => m.Groups["type"].Value != m.Groups["name"].Value).Select(m => m.Groups["name"].Value)];
            foreach (string type in Named().Matches(text).Select(m => m.Value).Distinct().Where(type => !own.Contains(type)))
            {
                if (!rooms.TryGetValue(type, out string? other) || other == room || !MayNotName(room, other))
                {
                    continue;
                }

                if (Doors.Any(d => d.From == room && d.Type == type))
                {
                    used.Add(type);
                }
                else
                {
                    breaches.Add($"{room}/{file} names {type} of {other}");
                }
            }
        }

        Assert.True(breaches.Count == 0, string.Join('\n', breaches));
        Assert.Equal(Doors.Select(d => d.Type).Order(StringComparer.Ordinal), used.Order(StringComparer.Ordinal));
    }

    /// <summary>The folders of the clients, on the ground, name each other as they like.</summary>
    private static bool MayNotName(string room, string other) =>
        FloorOf[other] >= FloorOf[room] && FloorOf[other] > 0;

    private static IEnumerable<(string Room, string File, string Text)> Sources() =>
        from path in Repository.Files(Root.TrimEnd('/'), "*.cs")
        let inside = path[Root.Length..]
        let room = Path.GetDirectoryName(inside)!.Replace('\\', '/')
        select (room, Path.GetFileName(path), Code(File.ReadAllText(Repository.PathOf(path))));

    /// <summary>Without comments and texts.</summary>
    private static string Code(string source) => Texts().Replace(Comments().Replace(source, string.Empty), "\"\"");

    [GeneratedRegex(@"//[^\n]*", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Comments();

    [GeneratedRegex("\"\"\".*?\"\"\"|(?<!\\$)\"(?:\\\\.|[^\"\\\\\\n])*\"", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Texts();

    /// <summary>Constants, fields and properties that are called otherwise than their type.</summary>
    [
        GeneratedRegex(
            @"^    (?:(?:public|private|protected|internal|static|override|virtual|const|required|readonly|new)\s+)+(?!class|record|enum|struct)(?<type>[\w.<>\[\], ]+?)\??\s+(?<name>[A-Z]\w*)\s*(?:=|;|\{)",
            RegexOptions.Multiline | RegexOptions.ExplicitCapture,
            10_000)]
    private static partial Regex Members();

    [
        GeneratedRegex(
            @"^(?:public|internal)\s+(?:(?:static|sealed|abstract|partial|readonly)\s+)*(?:class|record struct|record|struct|enum|interface)\s+(?<name>\w+)",
            RegexOptions.Multiline | RegexOptions.ExplicitCapture,
            10_000)]
    private static partial Regex Declared();

    [GeneratedRegex(@"(?<![.\w])[A-Z]\w+\b(?!\s*(?:=[^=>]|\{ get))", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Named();
}
