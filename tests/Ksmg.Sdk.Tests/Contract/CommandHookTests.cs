using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>Hooks that are real programs: told what for, heard, bounded, and ended with everything they started.</summary>
public sealed class CommandHookTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-hook-");

    private HookCall Call { get; } = new()
    {
        Point = HookPoint.BeforeNode,
        RunId = "r1",
        Cluster = "eu",
        Node = "gw2",
        From = BuildNumber.Parse("2.0.1.6960"),
        To = BuildNumber.Parse("2.1.0.7854"),
        Attempt = 2,
        Key = "r1/H2/gw2/-/silence",
    };

    public void Dispose() => _folder.Delete(recursive: true);

    [ServerFact("sh")]
    public async Task A_program_is_told_the_point_and_the_node_and_reads_the_call()
    {
        CommandHook hook = Hook("echo \"$@\" > arguments; cat > call; echo done; echo and told >&2");
        HookResult result = await hook.RunAsync(Call);

        Assert.Equal(new HookResult(true, "done\n\nand told"), result);
        Assert.Equal("before-node gw2", Read("arguments"));
        Assert.Equal(
            """{"point":"BeforeNode","runId":"r1","cluster":"eu","node":"gw2","from":"2.0.1.6960","to":"2.1.0.7854","attempt":2,"key":"r1/H2/gw2/-/silence"}""",
            Read("call"));

        await hook.RunAsync(Call with { Point = HookPoint.AfterRun, Node = null });
        Assert.Equal("after-run", Read("arguments"));
        Assert.DoesNotContain("node\":", Read("call"), StringComparison.Ordinal);
    }

    [ServerFact("sh")]
    public async Task An_exit_code_is_a_failure_and_is_told_with_what_was_said()
    {
        HookResult result = await Hook("echo no such monitor >&2; exit 3").RunAsync(Call);

        Assert.False(result.Succeeded);
        Assert.Matches("no such monitor\\s+Exit code 3.", result.Output);
    }

    [ServerFact("sh")]
    public async Task Of_a_long_output_the_end_is_kept_and_nothing_stands_still()
    {
        HookResult result = await Hook("i=0; while [ $i -lt 20000 ]; do echo \"line $i of a long story\"; i=$((i+1)); done").RunAsync(Call);

        Assert.True(result.Succeeded);
        Assert.EndsWith("line 19999 of a long story", result.Output, StringComparison.Ordinal);
        Assert.InRange(result.Output.Length, 4_000, 4_096);
    }

    [ServerFact("sh")]
    public async Task A_program_that_is_ended_ends_with_all_it_started_and_says_how_far_it_came()
    {
        CommandHook hook = Hook("sleep 300 & echo $! > child; echo half way; mv child started; wait");
        using CancellationTokenSource over = new();
        Task<HookResult> running = hook.RunAsync(Call, over.Token);
        string started = Path.Combine(_folder.FullName, "started");
        await Eventually.TrueAsync(() => File.Exists(started));
        await over.CancelAsync();
        HookResult result = await running.WaitAsync(Eventually.Limit);

        Assert.Equal(new HookResult(false, "half way"), result);
        string child = $"/proc/{Read("started")}/status";
        await Eventually.TrueAsync(() => !File.Exists(child) || File.ReadAllText(child).Contains("State:\tZ", StringComparison.Ordinal));
    }

    [ServerFact("sh")]
    public async Task A_test_says_whether_the_program_is_there_and_does_not_start_it()
    {
        SelfTestResult there = Assert.Single(await Hook("echo started > arguments").TestAsync([]));
        SelfTestResult gone = Assert.Single(await new CommandHook(Options("/nowhere/ksmg-hook")).TestAsync([]));

        Assert.Equal(SelfTestOutcome.NotTried, there.Outcome);
        Assert.False(File.Exists(Path.Combine(_folder.FullName, "arguments")));
        Assert.Equal((SelfTestOutcome.Fails, true), (gone.Outcome, gone.Text.Contains("/nowhere/ksmg-hook", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("", "BeforeRun", "Name is what")]
    [InlineData("two words", "BeforeRun", "Name is what")]
    [InlineData("own", "", "At is missing")]
    [InlineData("own", "BeforeNodes", "At: BeforeNodes is no point of a run")]
    public void Mistakes_are_told_by_the_name_of_the_setting(string name, string at, string mistake)
    {
        CommandHookOptions options = new() { Name = name, Program = "hook" };
        if (at.Length > 0)
        {
            options.At.Add(at);
        }

        Assert.Contains(mistake, Assert.Throws<OptionsValidationException>(() => new CommandHook(options)).Message, StringComparison.OrdinalIgnoreCase);
    }

    private static CommandHookOptions Options(string program) => new() { Name = "own", At = { nameof(HookPoint.BeforeNode) }, Program = program };

    private CommandHook Hook(string script)
    {
        string path = Path.Combine(_folder.FullName, "hook");
        File.WriteAllText(path, $"cd '{_folder.FullName}' || exit 9\n{script}\n");
        CommandHookOptions options = Options("sh");
        options.Arguments.Add(path);
        return new CommandHook(options);
    }

    private string Read(string name) => File.ReadAllText(Path.Combine(_folder.FullName, name)).Trim();
}
