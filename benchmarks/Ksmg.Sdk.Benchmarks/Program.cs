using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;
using Ksmg.Sdk.Benchmarks;

if (args is ["serve-node"])
{
    return await PollBenchmarks.ServeAsync();
}

if (args is ["in-turn", var what])
{
    return await InTurn.RunAsync(what);
}

if (args is ["fleet", var connection, .. var counts])
{
    return await FleetScale.RunAsync(connection, [.. counts.Select(int.Parse)]);
}

// A busy machine may take minutes to build what the benchmarks run in.
IConfig config = ManualConfig.Create(DefaultConfig.Instance).WithBuildTimeout(TimeSpan.FromMinutes(10));
BenchmarkSwitcher.FromAssembly(typeof(PackageReadBenchmarks).Assembly).Run(args, config);
return 0;
