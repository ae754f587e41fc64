using Ksmg.Sdk.Upgrades;
using Moq;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>That users can test their programs without a cluster: doubles for what acts, made results for what is answered.</summary>
public sealed class OrchestratorMockTests
{
    [Theory]
    [InlineData(UpgradeEnd.Completed, "gw1 Upgraded, gw2 Upgraded")]
    [InlineData(UpgradeEnd.NeedsHuman, "gw2 needs somebody: the queue does not drain")]
    public async Task A_program_around_an_orchestrator_is_tested_with_doubles(UpgradeEnd end, string said)
    {
        UpgradePlan plan = UpgradeModelFactory.Plan();
        UpgradeReport report = UpgradeModelFactory.Report() with { End = end };
        Mock<UpgradeRun> run = new();
        run.Setup(r => r.WaitAsync(It.IsAny<CancellationToken>())).ReturnsAsync(report);
        run.Setup(r => r.ExplainAsync(It.IsAny<CancellationToken>())).ReturnsAsync(
            UpgradeModelFactory.Explanation() with { State = end, Evidence = [Message.Said("gw2 needs somebody: the queue does not drain")] });
        Mock<RollingUpgradeOrchestrator> orchestrator = new();
        orchestrator.Setup(o => o.PlanAsync(It.IsAny<UpdatePackage>(), null, It.IsAny<CancellationToken>())).ReturnsAsync(plan);
        orchestrator.Setup(o => o.StartAsync(plan, It.IsAny<CancellationToken>())).ReturnsAsync(run.Object);

        Assert.Equal(said, await NightShiftAsync(orchestrator.Object, Mock.Of<UpdatePackage>()));
    }

    [Fact]
    public void What_the_factory_makes_is_whole()
    {
        UpgradePlan plan = UpgradeModelFactory.Plan("mx1", "mx2", "mx3");
        UpgradeReport report = UpgradeModelFactory.Report("mx1", "mx2", "mx3");

        Assert.False(plan.IsRefused || plan.IsNothingToDo);
        Assert.Equal(plan.ToJson(), UpgradePlan.FromJson(plan.ToJson()).ToJson());
        Assert.Equal(["mx1", "mx2", "mx3"], plan.Nodes.Select(node => node.Name));
        Assert.Equal([NodeRole.Control, NodeRole.Secondary, NodeRole.Secondary], report.Nodes.Select(node => node.RoleAfter!.Value));
        Assert.Contains("mx3", report.ToText(), StringComparison.Ordinal);
        Assert.NotEmpty(UpgradeModelFactory.Explanation().ToText());
        Assert.Contains("waits", UpgradeModelFactory.Event(UpgradeEventKind.Waiting, "waits").ToJson(), StringComparison.Ordinal);
        Assert.Equal(report.RunId, UpgradeModelFactory.Run().RunId);
    }

    /// <summary>A program of somebody's.</summary>
    private static async Task<string> NightShiftAsync(RollingUpgradeOrchestrator orchestrator, UpdatePackage package)
    {
        UpgradePlan plan = await orchestrator.PlanAsync(package);
        UpgradeRun run = await orchestrator.StartAsync(plan);
        UpgradeReport report = await run.WaitAsync();
        return report.End == UpgradeEnd.NeedsHuman
            ? string.Join(", ", (await run.ExplainAsync()).Evidence)
            : string.Join(", ", report.Nodes.Select(node => $"{node.Name} {node.Outcome}"));
    }
}
