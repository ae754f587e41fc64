using System.Text.Json;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary><c>ksmg rehearse</c> looks at a cluster over its sockets, changes nothing, and foretells.</summary>
public sealed class CliRehearseTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-rehearse-");
    private SimulatedCluster _cluster = null!;

    private string Policy => Path.Combine(_folder.FullName, "policy.json");

    private string[] Rehearse =>
    [
        "rehearse", "-c", Path.Combine(_folder.FullName, "cluster.json"), "--policy", Policy,
        "--package", Path.Combine(_folder.FullName, "update.zip"), "--times", "2",
    ];

    public async Task InitializeAsync()
    {
        _cluster = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 3, PackageBytes = 1 << 20, Speed = 20 });
        await _cluster.WriteFilesAsync(_folder.FullName);
        await File.WriteAllTextAsync(Policy, """{ "PollInterval": "5s", "SlowPollInterval": "30s", "InstallTimeout": "1h" }""");
    }

    public async Task DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task People_read_how_long_where_it_would_stop_and_what_it_would_ask()
    {
        CliAnswer answer = await CliFixture.RunAsync([.. Rehearse, "--install-time", "20min"]);

        Assert.True(answer.ExitCode == 0, answer.Output + answer.Error);
        Assert.Contains("an installation takes 20 min 00 s", answer.Output);
        Assert.Contains("Undisturbed: Completed after", answer.Output);
        Assert.Contains("gw2 is out of work for", answer.Output);
        Assert.Contains("Asks for an approval", answer.Output);
        Assert.Matches("a message does not leave the queue +NeedsHuman .* S3 gw2 ", answer.Output);
        Assert.Contains("2 times (from seed 1 on)", answer.Output);
        // A login is all it leaves behind.
        Assert.All(
            _cluster.GetEffects().Where(e => e.Cause == EffectCause.Client), e => Assert.StartsWith("session-", e.Effect, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Programs_read_the_same()
    {
        CliAnswer answer = await CliFixture.RunAsync([.. Rehearse, "--json"]);

        JsonElement told = JsonDocument.Parse(answer.Output).RootElement;
        Assert.Equal("Completed", told.GetProperty("undisturbed").GetProperty("end").GetString());
        Assert.Equal(2, told.GetProperty("atRandom").GetArrayLength());
        JsonElement stuck = told.GetProperty("oneFault").EnumerateArray().Single(r => r.GetProperty("faults")[0].GetString() == "queue-stuck");
        Assert.Equal(("S3", "gw2"), (stuck.GetProperty("step").GetString(), stuck.GetProperty("node").GetString()));
    }

    [Fact]
    public async Task Old_mail_of_the_cluster_is_taken_not_to_leave()
    {
        await File.WriteAllTextAsync(Policy, """{ "PollInterval": "5s", "SlowPollInterval": "30s", "InstallTimeout": "1h", "DrainTimeout": "1s" }""");
        _cluster.Faults.Arm(new SimulatedFault { Fault = "queue-stuck", Node = "gw3", Value = "2" });
        CliAnswer answer = null!;
        await Eventually.TrueAsync(async () =>
        {
            answer = await CliFixture.RunAsync(Rehearse);
            return answer.Output.Contains("gw3: 2 messages waited longer", StringComparison.Ordinal);
        });

        Assert.Equal(3, answer.ExitCode);
        Assert.Contains("Undisturbed: NeedsHuman after", answer.Output);
        Assert.Contains("What a human can say then, and what it does:", answer.Output);
    }

    [Theory]
    [InlineData("--install-time", "20", "no time with its unit")]
    [InlineData("--upload-rate", "fast", "fast")]
    public async Task What_cannot_be_read_is_named(string option, string value, string told)
    {
        CliAnswer answer = await CliFixture.RunAsync([.. Rehearse, option, value]);

        Assert.Equal(64, answer.ExitCode);
        Assert.Contains(told, answer.Error);
    }
}
