using Ksmg.Sdk.Tests.Conventions;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests;

/// <summary>A run that the version before this one began, byte for byte as that version left it.</summary>
public sealed class CliRunFormatTests : IDisposable
{
    private const string Run = "20260105-080000-ab12";

    private static readonly string Former = Repository.PathOf("tests", "Ksmg.Sdk.Tests", "Golden", "run-of-format-1");

    /// <summary>Every command that takes a run.</summary>
    private static readonly string[] _commands =
    [
        "status RUN", "status RUN --json", "report RUN", "report RUN --format json", "explain RUN", "explain RUN --json", "resume RUN", "approve RUN",
        "pause RUN", "pause RUN --after none", "park RUN gw1", "skip RUN gw1", "abort RUN", "rollback RUN gw1", "rollback RUN --all",
        "override RUN budget --reason x --until 1h",
    ];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-format-");

    public CliRunFormatTests()
    {
        Directory.CreateDirectory(Path.Combine(Runs, Run));
        foreach (string file in Directory.GetFiles(Former))
        {
            File.Copy(file, Path.Combine(Runs, Run, Path.GetFileName(file)));
        }

        File.WriteAllText(Path.Combine(_folder.FullName, "pw"), "x");
        File.WriteAllText(Cluster, """
            {
              "Ksmg": {
                "Name": "site-a",
                "Nodes": [
                  { "Name": "gw1", "Address": "https://127.0.0.1:1", "ClusterAddress": "127.0.0.1:9045" },
                  { "Name": "gw2", "Address": "https://127.0.0.1:2", "ClusterAddress": "127.0.0.2:9045" }
                ],
                "Credentials": { "UserName": "a", "PasswordFile": "pw" }
              }
            }
            """);
    }

    public static TheoryData<string> Commands => [.. _commands];

    private string Runs => Path.Combine(_folder.FullName, "runs");

    private string Cluster => Path.Combine(_folder.FullName, "cluster.json");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_command_is_refused_with_5_and_one_line_that_says_how_to_finish_the_run(string command)
    {
        string[] before = Stored();

        CliAnswer answer = await CliFixture.RunAsync([.. command.Replace("RUN", Run, StringComparison.Ordinal).Split(' '), "-c", Cluster, "--runs", Runs]);

        Assert.True(answer.ExitCode == 5, answer.Output + answer.Error);
        Assert.StartsWith($"Run {Run} was begun by another version: it is written in format 1", answer.Line, StringComparison.Ordinal);
        Assert.Contains("Finish or abort the run with the version that began it", answer.Line, StringComparison.Ordinal);
        Assert.Empty(answer.Output);
        Assert.Equal(before, Stored());
    }

    [Fact]
    public async Task No_command_that_takes_a_run_is_left_out()
    {
        string help = (await CliFixture.RunAsync("--help")).Output;
        IEnumerable<string> there = help.Split('\n').Select(line => line.Trim().Split(' ')).Where(words => words.Contains("<run>")).Select(words => words[0]);
        Assert.Equal(there.Order(), _commands.Select(command => command.Split(' ')[0]).Distinct().Order());
    }

    [Fact]
    public void A_plan_of_the_former_format_is_refused_in_words()
    {
        string json = File.ReadAllText(Path.Combine(Former, "plan.json"));
        Assert.Contains("format 2", Assert.Throws<UpgradeException>(() => UpgradePlan.FromJson(json)).Message, StringComparison.Ordinal);
    }

    /// <summary>All that is stored of the run, by name.</summary>
    private string[] Stored() =>
    [
        .. Directory.EnumerateFileSystemEntries(Path.Combine(Runs, Run), "*", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .Select(path => $"{path}: {(File.Exists(path) ? File.ReadAllText(path) : "a folder")}"),
    ];
}
