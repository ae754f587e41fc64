using BenchmarkDotNet.Attributes;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Benchmarks;

/// <summary>The upgrade of three simulated nodes from the plan to the report, in virtual time: what the orchestrator itself costs.</summary>
[MemoryDiagnoser]
public class WholeRunBenchmarks
{
    /// <summary>A package so small that its bytes do not count: what they cost is measured elsewhere.</summary>
    private static readonly SimulatedClusterOptions World = new() { PackageBytes = 1 << 10 };

    private string _package = null!;

    [GlobalSetup]
    public void Setup() => _package = Path.Combine(Directory.CreateTempSubdirectory("ksmg-run-").FullName, "update.zip");

    [GlobalCleanup]
    public void Cleanup() => Directory.Delete(Path.GetDirectoryName(_package)!, recursive: true);

    [Benchmark(Baseline = true)]
    public UpgradeEnd DirectPort() => Run(new VirtualRig(policy: VirtualRig.SparsePolicy(3), options: World, mailPerSecond: 0));

    [Benchmark]
    public UpgradeEnd TypedClients() => Run(new VirtualRig(policy: VirtualRig.SparsePolicy(3), options: World, mailPerSecond: 0) { PackageFile = _package });

    private static UpgradeEnd Run(VirtualRig rig) => rig.Upgrade() is { End: UpgradeEnd.Completed } report
        ? report.End
        : throw new InvalidOperationException("The run did not complete.");
}
