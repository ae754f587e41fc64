using Ksmg.Cli;
using Ksmg.Cli.Runs;
using Ksmg.Sdk.Upgrades;
using Moq;

namespace Ksmg.Sdk.Tests;

/// <summary>Gates and signals; orchestrator and run are doubles, as users would make them of our classes.</summary>
public sealed class CliRunDriverTests : IDisposable
{
    private readonly StringWriter output = new();
    private readonly CancellationTokenSource pause = new();
    private readonly CancellationTokenSource stop = new();
    private readonly CancellationTokenSource now = new();
    private readonly Mock<UpgradeRun> run = new();

    public CliRunDriverTests()
    {
        run.Setup(r => r.Id).Returns("run-1");
        run.Setup(r => r.GetPlanAsync(It.IsAny<CancellationToken>())).ReturnsAsync(CliSamples.Plan);
        run.Setup(r => r.WatchAsync(It.IsAny<long>(), It.IsAny<CancellationToken>())).Returns(() => Events());
        run.Setup(r => r.ContinueAsync(It.IsAny<CancellationToken>())).Returns(Task.CompletedTask);
    }

    public void Dispose()
    {
        output.Dispose();
        pause.Dispose();
        stop.Dispose();
        now.Dispose();
    }

    [Fact]
    public async Task At_a_gate_an_approval_is_bound_to_the_plan_and_the_run_goes_on()
    {
        run.SetupSequence(r => r.WaitAsync(It.IsAny<CancellationToken>()))
            .ReturnsAsync(CliSamples.Report(UpgradeEnd.Paused))
            .ReturnsAsync(CliSamples.Report(UpgradeEnd.Completed));
        run.SetupSequence(r => r.WatchAsync(It.IsAny<long>(), It.IsAny<CancellationToken>())).Returns(Events(CliSamples.AtGate)).Returns(Events());

        UpgradeReport report = await DriveAsync(approves: true);

        Assert.Equal(UpgradeEnd.Completed, report.End);
        run.Verify(r => r.ApproveAsync(RunDriver.Me, CliSamples.Plan.Hash, null, It.IsAny<CancellationToken>()), Times.Once);
        run.Verify(r => r.ContinueAsync(It.IsAny<CancellationToken>()), Times.Once);
    }

    [Fact]
    public async Task At_a_gate_without_an_approval_the_commands_to_go_on_are_said()
    {
        run.Setup(r => r.WaitAsync(It.IsAny<CancellationToken>())).ReturnsAsync(CliSamples.Report(UpgradeEnd.Paused));
        run.Setup(r => r.WatchAsync(It.IsAny<long>(), It.IsAny<CancellationToken>())).Returns(Events(CliSamples.AtGate));

        await DriveAsync(approves: false);

        Assert.Contains("ksmg approve run-1 -c x.json", output.ToString());
        Assert.Contains("ksmg resume run-1 -c x.json", output.ToString());
        run.Verify(r => r.ContinueAsync(It.IsAny<CancellationToken>()), Times.Never);
    }

    [Fact]
    public async Task A_pause_that_is_no_gate_asks_for_no_approval()
    {
        run.Setup(r => r.WaitAsync(It.IsAny<CancellationToken>())).ReturnsAsync(CliSamples.Report(UpgradeEnd.Paused));

        await DriveAsync(approves: true);

        run.Verify(r => r.ApproveAsync(It.IsAny<string>(), It.IsAny<string>(), It.IsAny<string?>(), It.IsAny<CancellationToken>()), Times.Never);
        Assert.DoesNotContain("approve", output.ToString());
        Assert.Contains("ksmg resume run-1", output.ToString());
    }

    [Fact]
    public async Task The_first_interrupt_asks_for_a_pause_and_waits_for_it()
    {
        TaskCompletionSource<UpgradeReport> end = new();
        run.Setup(r => r.WaitAsync(It.IsAny<CancellationToken>())).Returns(end.Task);
        run.Setup(r => r.PauseAsync(RunDriver.Me, It.IsAny<string?>(), It.IsAny<CancellationToken>()))
            .Callback(() => end.SetResult(CliSamples.Report(UpgradeEnd.Paused))).ReturnsAsync((RunCommandAnswer?)null);

        await pause.CancelAsync();
        UpgradeReport report = await DriveAsync(approves: true);

        Assert.Equal(2, ExitCodes.Of(report.End));
        run.Verify(r => r.StopAsync(It.IsAny<CancellationToken>()), Times.Never);
    }

    [Fact]
    public async Task A_termination_stops_driving_and_pauses_nothing()
    {
        TaskCompletionSource<UpgradeReport> end = new();
        run.Setup(r => r.WaitAsync(It.IsAny<CancellationToken>())).Returns(end.Task);
        run.Setup(r => r.StopAsync(It.IsAny<CancellationToken>()))
            .Callback(() => end.SetResult(CliSamples.Report(UpgradeEnd.Running)))
            .Returns(Task.CompletedTask);

        await stop.CancelAsync();
        UpgradeReport report = await DriveAsync(approves: true);

        Assert.Equal(2, ExitCodes.Of(report.End));
        run.Verify(r => r.PauseAsync(It.IsAny<string>(), It.IsAny<string?>(), It.IsAny<CancellationToken>()), Times.Never);
        Assert.Contains("ksmg resume run-1", output.ToString());
    }

    [Fact]
    public async Task An_interrupt_at_a_gate_ends_with_130_and_says_how_to_go_on()
    {
        run.Setup(r => r.WaitAsync(It.IsAny<CancellationToken>())).ReturnsAsync(CliSamples.Report(UpgradeEnd.Paused));
        run.Setup(r => r.WatchAsync(It.IsAny<long>(), It.IsAny<CancellationToken>())).Returns(Events(CliSamples.AtGate));

        CliException e = await Assert.ThrowsAsync<CliException>(() => DriveAsync(async () =>
        {
            await pause.CancelAsync();
            throw new OperationCanceledException();
        }));

        Assert.Equal(130, e.ExitCode);
        Assert.EndsWith("  ksmg resume run-1 -c x.json", output.ToString().TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_termination_at_a_gate_leaves_the_run_waiting()
    {
        run.Setup(r => r.WaitAsync(It.IsAny<CancellationToken>())).ReturnsAsync(CliSamples.Report(UpgradeEnd.Paused));
        run.Setup(r => r.WatchAsync(It.IsAny<long>(), It.IsAny<CancellationToken>())).Returns(Events(CliSamples.AtGate));

        UpgradeReport report = await DriveAsync(async () =>
        {
            await stop.CancelAsync();
            throw new OperationCanceledException();
        });

        Assert.Equal(2, ExitCodes.Of(report.End));
        Assert.Contains("ksmg approve run-1 -c x.json", output.ToString());
    }

    [Fact]
    public async Task A_question_that_nobody_answers_in_time_ends_as_a_pause()
    {
        run.Setup(r => r.WaitAsync(It.IsAny<CancellationToken>())).ReturnsAsync(CliSamples.Report(UpgradeEnd.Paused));
        run.Setup(r => r.WatchAsync(It.IsAny<long>(), It.IsAny<CancellationToken>())).Returns(Events(CliSamples.AtGate));
        run.Setup(r => r.WaitForDecisionAsync(It.IsAny<CancellationToken>())).ReturnsAsync([]);
        run.Setup(r => r.GetReportAsync(It.IsAny<CancellationToken>())).ReturnsAsync(
            CliSamples.Report(UpgradeEnd.Paused) with { Reason = Message.Said("Nobody approved.") });

        UpgradeReport report = await DriveAsync(() => new TaskCompletionSource<bool>().Task);

        Assert.Equal(2, ExitCodes.Of(report.End));
        Assert.Contains("Paused: Nobody approved.", output.ToString());
        Assert.Contains("ksmg approve run-1 -c x.json", output.ToString());
        run.Verify(r => r.ContinueAsync(It.IsAny<CancellationToken>()), Times.Never);
    }

    [Fact]
    public async Task Who_approved_already_is_told_that_another_person_has_to()
    {
        run.Setup(r => r.WaitAsync(It.IsAny<CancellationToken>())).ReturnsAsync(CliSamples.Report(UpgradeEnd.Paused));
        run.Setup(r => r.WatchAsync(It.IsAny<long>(), It.IsAny<CancellationToken>())).Returns(Events(CliSamples.AtGate));
        run.Setup(r => r.ApproveAsync(RunDriver.Me, It.IsAny<string>(), It.IsAny<string?>(), It.IsAny<CancellationToken>()))
            .ThrowsAsync(new CommandRefusedException("another person"));

        UpgradeReport report = await DriveAsync(approves: true);

        Assert.Equal(2, ExitCodes.Of(report.End));
        Assert.Contains("another person", output.ToString());
        run.Verify(r => r.ContinueAsync(It.IsAny<CancellationToken>()), Times.Never);
    }

    [Fact]
    public async Task The_second_interrupt_says_how_to_go_on_before_the_process_ends()
    {
        TaskCompletionSource<UpgradeReport> end = new();
        run.Setup(r => r.WaitAsync(It.IsAny<CancellationToken>())).Returns(end.Task);
        run.Setup(r => r.PauseAsync(RunDriver.Me, It.IsAny<string?>(), It.IsAny<CancellationToken>())).ReturnsAsync((RunCommandAnswer?)null);
        await pause.CancelAsync();
        Task<UpgradeReport> driving = DriveAsync(approves: true);
        now.Cancel();

        Assert.EndsWith("  ksmg resume run-1 -c x.json", output.ToString().TrimEnd(), StringComparison.Ordinal);
        end.SetResult(CliSamples.Report(UpgradeEnd.Running));
        await driving;
    }

    [Theory]
    [InlineData("R3/gw2/-", "Revert gw2 to its snapshot, and lose what is named above?")]
    [InlineData("S16/gw2/-", "Go on with the next node?")]
    public void A_question_at_a_gate_names_what_will_happen(string key, string question) =>
        Assert.Equal(question, Gate.Of(CliSamples.Event(UpgradeEventKind.Paused, null, null, "So it is.", ("gate", key)))!.Question);

    [Theory]
    [InlineData(UpgradeEnd.Completed, 0)]
    [InlineData(UpgradeEnd.Running, 2)]
    [InlineData(UpgradeEnd.Paused, 2)]
    [InlineData(UpgradeEnd.NeedsHuman, 3)]
    [InlineData(UpgradeEnd.CompletedWithExceptions, 3)]
    [InlineData(UpgradeEnd.CompletedWithProblems, 6)]
    [InlineData(UpgradeEnd.RolledBack, 7)]
    [InlineData(UpgradeEnd.Failed, 4)]
    [InlineData(UpgradeEnd.Aborted, 4)]
    public void Scripts_can_rest_on_the_exit_codes(UpgradeEnd end, int exitCode) => Assert.Equal(exitCode, ExitCodes.Of(end));

    private Task<UpgradeReport> DriveAsync(bool approves) => DriveAsync(() => Task.FromResult(approves));

    private async Task<UpgradeReport> DriveAsync(Func<Task<bool>> approve)
    {
        CliConsole console = new() { Out = output, Error = output, In = TextReader.Null, Pause = pause.Token, Stop = stop.Token, Now = now.Token };
        RunDriver driver = new(_ => run.Object, null, new Output(console, plain: true, json: false), console, " -c x.json", (_, _) => approve());
        return await driver.DriveAsync(run.Object).WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static async IAsyncEnumerable<UpgradeEvent> Events(params UpgradeEvent[] events)
    {
        foreach (UpgradeEvent upgradeEvent in events)
        {
            await Task.Yield();
            yield return upgradeEvent;
        }
    }
}
