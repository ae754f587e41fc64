// Plans, runs, watches and reports a rolling upgrade with the SDK.
//
//   dotnet run --project samples/Ksmg.Samples.Console                          a simulated cluster, started here
//   dotnet run --project samples/Ksmg.Samples.Console cluster.json update.zip  a cluster of your own
//
// 'ksmg upgrade' does the same with more comfort; this is what it looks like in code.
using Ksmg.Sdk;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Microsoft.Extensions.DependencyInjection;

if (args.Length is not (0 or 2))
{
    Console.Error.WriteLine("Two files are a cluster of your own, cluster.json and update.zip; none is a simulated one.");
    return 64;
}

string folder = args.Length == 2 ? Path.GetDirectoryName(Path.GetFullPath(args[0]))! : Directory.CreateTempSubdirectory("ksmg-sample-").FullName;
string clusterFile = args.Length == 2 ? Path.GetFullPath(args[0]) : Path.Combine(folder, "cluster.json");
string packageFile = args.Length == 2 ? args[1] : Path.Combine(folder, "update.zip");

await using SimulatedCluster? simulated = args.Length == 2 ? null : await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Speed = 10 });
if (simulated is not null)
{
    await simulated.WriteFilesAsync(folder);
    simulated.StartMail(perSecond: 10);
}

// Adapters of your own go here: UseLoadBalancer<T>(), AddPort<TPort, TOptions>(kind, create).
ServiceCollection registered = new();
registered.AddKsmg(ClusterFile.Load(clusterFile).Section)
    .AddSimulatorAdapters()
    .AddConfiguredUpgrade(upgrade => upgrade.UseFileJournal(Path.Combine(folder, "runs")));
await using ServiceProvider services = registered.BuildServiceProvider();
RollingUpgradeOrchestrator orchestrator = services.GetRequiredService<RollingUpgradeOrchestrator>();

// The plan changes nothing. It is the object that runs: what is printed here is what will be done.
UpgradePlan plan;
await using (UpdatePackage package = await UpdatePackage.OpenAsync(packageFile))
{
    plan = await orchestrator.PlanAsync(package);
}

Console.WriteLine(plan.ToText());
if (plan.IsRefused || plan.IsNothingToDo)
{
    return plan.IsRefused ? 5 : 0;
}

// From here on the run is on disk: if this process dies, ResumeAsync with the id goes on from what the world shows.
UpgradeRun run = await orchestrator.StartAsync(plan);

// Ctrl-C lets go of it: no new effect begins, what was begun is looked at by whoever resumes.
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    _ = run.StopAsync();
};
UpgradeReport report = await WatchAsync(run);
while (run.WaitingFor is { Kind: WaitingForKind.Approval } waiting && MayGoOn(waiting))
{
    // The approval is bound to the hash of the plan that was looked at.
    await run.ApproveAsync(Environment.UserName, waiting.PlanHash);
    await run.ContinueAsync();
    report = await WatchAsync(run);
}

Console.WriteLine();
Console.WriteLine(report.ToText());
if (simulated is not null)
{
    // The journal stays, to be looked at; the package has 64 MB.
    File.Delete(packageFile);
}

return report.End switch
{
    UpgradeEnd.Completed => 0,
    UpgradeEnd.Running or UpgradeEnd.Paused => 2,
    _ => 3,
};

static async Task<UpgradeReport> WatchAsync(UpgradeRun run)
{
    Task<UpgradeReport> end = run.WaitAsync();
    await foreach (UpgradeEvent e in run.WatchAsync())
    {
        if (e.Kind != UpgradeEventKind.StepProgress)
        {
            Console.WriteLine($"{e.At.ToLocalTime():HH:mm:ss}  {e.Node ?? "run",-6} {e.Step,-4} {e.Text}");
        }
    }

    return await end;
}

bool MayGoOn(WaitingFor stopped)
{
    Console.WriteLine(stopped.Reason);
    if (simulated is not null)
    {
        Console.WriteLine("The cluster is simulated: the sample approves this itself.");
        return true;
    }

    Console.Write("Go on? [y/N] ");
    return Console.ReadLine() is "y" or "Y";
}
