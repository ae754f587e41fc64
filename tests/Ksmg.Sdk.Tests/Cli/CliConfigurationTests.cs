using Ksmg.Cli;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;

namespace Ksmg.Sdk.Tests;

public sealed class CliConfigurationTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("ksmg-config-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void An_option_beats_the_policy_file_which_beats_the_cluster_file()
    {
        string cluster = Write("cluster.json", """{ "Ksmg": { "Policy": { "PauseAfter": "First", "Soak": "00:01:00", "PollInterval": "00:00:09" } } }""");
        string policy = Write("policy.json", """{ "PauseAfter": "Each", "Soak": "00:02:00" }""");

        IConfigurationSection section = ClusterFile.Load(cluster, policy, Overrides("Policy:PauseAfter", "none")).Section;

        Assert.Equal("none", section["Policy:PauseAfter"]);
        Assert.Equal("00:02:00", section["Policy:Soak"]);
        Assert.Equal("00:00:09", section["Policy:PollInterval"]);
    }

    [Fact]
    public async Task The_policy_of_a_command_is_the_configured_one()
    {
        Write("pw", "x");
        string cluster = Write("cluster.json", """
            { "Ksmg": { "Nodes": [ { "Name": "gw1", "Address": "https://127.0.0.1:1" } ], "Credentials": { "UserName": "a", "PasswordFile": "pw" },
              "Policy": { "PauseAfter": "First", "Soak": "1min", "StepTimeout": "9s", "Accept": [ "no-snapshots" ], "RequiredFreeBytes": { "/var": "4GB" } } } }
            """);
        string policy = Write("policy.json", """{ "Soak": "2min", "StepTimeout": null }""");
        using StringWriter nowhere = new();
        CliConsole console = new() { Out = nowhere, Error = nowhere, In = TextReader.Null };
        await using CliHost host = await CliHost.CreateAsync(
            cluster, policy, folder.FullName, console, new Dictionary<string, string?> { ["PauseAfter"] = "none" });

        Assert.Equal(
            new UpgradePolicy
            {
                PauseAfter = PausePoint.None,
                Soak = TimeSpan.FromMinutes(2),
                Accept = ["no-snapshots"],
                RequiredFreeBytes = new Dictionary<string, long> { ["/var"] = 4_000_000_000 },
            },
            host.Policy);
    }

    [Theory]
    [InlineData("""{ "Accept": [ "c" ] }""")]
    [InlineData("""{ "Policy": { "Accept": [ "c" ] } }""")]
    [InlineData("""{ "Ksmg": { "Policy": { "Accept": [ "c" ] } } }""")]
    public void A_list_is_replaced_as_a_whole(string content)
    {
        string cluster = Write("cluster.json", """{ "Ksmg": { "Policy": { "Accept": [ "a", "b" ] } } }""");

        IConfigurationSection section = ClusterFile.Load(cluster, Write("policy.json", content)).Section;

        Assert.Equal(["c"], section.GetSection("Policy:Accept").GetChildren().Select(item => item.Value));
    }

    [Fact]
    public void Relative_paths_count_from_the_file()
    {
        string cluster = Write("cluster.json", """{ "Ksmg": { "Credentials": { "PasswordFile": "secrets/pw" } } }""");

        IConfigurationSection section = ClusterFile.Load(cluster).Section;

        Assert.Equal("secrets/pw", section["Credentials:PasswordFile"]);
        Assert.Equal(folder.FullName, section["BasePath"]);
    }

    [Theory]
    [InlineData("""{ "Ksmg": { "Credentials": { "Password": "hunter2" } } }""", "Credentials:Password: a password never stands here")]
    [InlineData("""{ "Other": { } }""", "no section \"Ksmg\"")]
    [InlineData("{ \"Ksmg\": {\n  \"Name\": oops } }", "line 2")]
    public async Task A_bad_cluster_file_is_refused_in_one_line_that_names_it(string content, string says)
    {
        CliAnswer answer = await CliFixture.RunAsync("nodes", "-c", Write("cluster.json", content));

        Assert.Equal(64, answer.ExitCode);
        Assert.Contains("cluster.json", answer.Line);
        Assert.Contains(says, answer.Line);
        Assert.DoesNotContain("hunter2", answer.Error);
    }

    [Theory]
    [InlineData("\"Policy\": { \"PauseAftr\": \"None\" }", "PauseAftr")]
    [InlineData("\"LoadBalancer\": { \"Kind\": \"F5\" }", "F5")]
    [InlineData("\"Snapshots\": { \"Kind\": \"Simulator\", \"Endpoint\": \"nowhere\" }", "Snapshots:Endpoint")]
    public async Task A_setting_that_is_not_known_is_refused_by_name(string setting, string says)
    {
        Write("pw", "x");
        string cluster = Write("cluster.json", $$"""
            { "Ksmg": { "Nodes": [ { "Name": "gw1", "Address": "https://127.0.0.1:1" } ], "Credentials": { "UserName": "a", "PasswordFile": "pw" }, {{setting}} } }
            """);

        CliAnswer answer = await CliFixture.RunAsync("nodes", "-c", cluster);

        Assert.Equal(64, answer.ExitCode);
        Assert.Contains(says, answer.Line);
    }

    [Fact]
    public async Task Without_a_password_and_without_a_terminal_the_sources_are_named()
    {
        string cluster = Write("cluster.json", """{ "Ksmg": { "Nodes": [ { "Name": "gw1", "Address": "https://127.0.0.1:1" } ] } }""");

        CliAnswer answer = await CliFixture.RunAsync("nodes", "-c", cluster);

        Assert.Equal(64, answer.ExitCode);
        Assert.Contains("PasswordFile", answer.Line);
    }

    [Fact]
    public async Task What_is_no_file_or_cannot_be_read_is_refused_and_no_run_has_failed()
    {
        // Exit 4 would say that a run has failed.
        Write("pw", "x");
        string cluster = Write("unread.json", """
            { "Ksmg": { "Nodes": [ { "Name": "gw1", "Address": "https://127.0.0.1:1" } ], "Credentials": { "UserName": "a", "PasswordFile": "pw" } } }
            """);
        string taken = folder.CreateSubdirectory("plan").FullName;
        CliAnswer plan = await CliFixture.RunAsync("upgrade", "--plan", taken, "--yes", "-c", cluster);
        Assert.Equal(5, plan.ExitCode);
        Assert.Contains(taken, plan.Line, StringComparison.Ordinal);

        CliAnswer saved = await CliFixture.RunAsync("plan", "--package", "nowhere.zip", "--out", taken, "-c", cluster);
        Assert.Equal(5, saved.ExitCode);
        Assert.Contains("is there already", saved.Line, StringComparison.Ordinal);

        using FileStream held = new(cluster, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        CliAnswer read = await CliFixture.RunAsync("upgrade", "--package", "nowhere.zip", "--yes", "-c", cluster);
        Assert.Equal(64, read.ExitCode);
        Assert.Contains(cluster, read.Line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status", "nowhere")]
    [InlineData("resume", "nowhere")]
    [InlineData("approve", "nowhere")]
    [InlineData("report", "../nowhere")]
    public async Task A_run_that_is_not_there_is_named_with_where_it_was_looked_for(string command, string run)
    {
        Write("pw", "x");
        string cluster = Write(
            "cluster.json",
            """{ "Ksmg": { "Nodes": [ { "Name": "gw1", "Address": "https://127.0.0.1:1" } ], "Credentials": { "UserName": "a", "PasswordFile": "pw" } } }""");
        string runs = Path.Combine(folder.FullName, "runs");

        CliAnswer answer = await CliFixture.RunAsync(command, run, "-c", cluster, "--runs", runs);

        Assert.Equal(64, answer.ExitCode);
        Assert.Contains($"'{run}'", answer.Line);
        Assert.Contains(runs, answer.Line);
    }

    private static IConfiguration Overrides(string key, string value) =>
        new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create<string, string?>("Ksmg:" + key, value)]).Build();

    private string Write(string name, string content)
    {
        string path = Path.Combine(folder.FullName, name);
        File.WriteAllText(path, content);
        return path;
    }
}
