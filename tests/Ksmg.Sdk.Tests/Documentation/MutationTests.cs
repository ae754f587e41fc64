using System.Text.RegularExpressions;
using Ksmg.Sdk.Tests.Conventions;

namespace Ksmg.Sdk.Tests.Documentation;

/// <summary>A room of eng/mutate.sh whose files or tests were renamed would be measured without them, in silence.</summary>
public sealed partial class MutationTests
{
    private static readonly (string Room, string Project, string[] Words)[] Rooms =
    [
        .. Room().Matches(File.ReadAllText(Repository.PathOf("eng", "mutate.sh"))).Select(m => (
            m.Groups["room"].Value,
            m.Groups["project"].Value,
            m.Groups["words"].Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))),
    ];

    public static TheoryData<string> Names => [.. Rooms.Select(r => r.Room)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_room_has_its_files_and_its_tests(string name)
    {
        (_, string project, string[] words) = Rooms.Single(r => r.Room == name);
        HashSet<string> classes = [.. typeof(MutationTests).Assembly.GetTypes().Select(t => t.Name)];

        Assert.All(words.Where(w => w.Contains('/', StringComparison.Ordinal)), word =>
        {
            string pattern = Repository.PathOf(["src", project, .. (word + ".cs").Split('/')]);
            Assert.NotEmpty(Directory.GetFiles(Path.GetDirectoryName(pattern)!, Path.GetFileName(pattern)));
        });
        Assert.All(words.Where(w => !w.Contains('/', StringComparison.Ordinal)), word => Assert.Contains(word, classes));
    }

    [Fact]
    public void Each_room_that_was_measured_is_one_and_the_script_runs_every_week()
    {
        string[] measured =
        [
            .. File.ReadAllLines(Repository.PathOf("docs", "mutation.md"))
                .Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('`')[1]),
        ];

        Assert.NotEmpty(measured);
        Assert.Subset(Rooms.Select(r => r.Room).ToHashSet(), measured.ToHashSet());
        Assert.Contains("eng/mutate.sh all", File.ReadAllText(Repository.PathOf(".ci", "weekly")), StringComparison.Ordinal);
    }

    [GeneratedRegex(
        """
        "(?<room>[a-z-]+): (?<project>[A-Za-z.]+) (?<words>[^"]+)"
        """,
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 5000)]
    private static partial Regex Room();
}
