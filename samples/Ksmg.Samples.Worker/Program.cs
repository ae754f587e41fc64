// A service that upgrades a cluster at a given time. Everything comes from configuration (appsettings.json, environment, arguments):
//   dotnet run --project samples/Ksmg.Samples.Worker -- --Worker:Cluster=simulation/cluster.json --Worker:Package=simulation/update.zip
//       [--Worker:At=2027-01-31T02:00:00+01:00] [--Worker:Runs=runs] [--Worker:Page=5080] [--Otlp:Endpoint=http://localhost:4317]
// Stopped in the middle it starts no new effect and gives the lease back; the next start resumes the run. It ends with the codes of ksmg:
// 0 only when the cluster is upgraded. Under systemd: Restart=on-failure, RestartPreventExitStatus=2 3 4 5 6 7 64 (people have to look).
// With --Worker:Fleet=fleet.json it is one of any number of workers on that file's unfinished fleets instead: stopped, it gives its leases back;
// killed, others take its clusters over. /health says then whether store, bell or fleet need somebody; /health/live only that the process answers.
// The page http://127.0.0.1:PORT/ksmg/ shows the run, or the fleet; with Worker:Page the service stays while people decide there. Page:Tokens:0:Name, …:Value
// and …:Role=Operator say who may; without a token whoever reaches it over loopback. /health says whether the cluster and its run need somebody.

try
{
    WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
    WorkerOptions options = builder.Configuration.GetSection("Worker").Get<WorkerOptions>() ?? new WorkerOptions();
    if (new[] { options.Cluster, options.Package, options.Runs }.Any(string.IsNullOrWhiteSpace))
    {
        throw new InvalidOperationException("Worker: Cluster, Package and Runs are paths; none of them may be empty.");
    }

    builder.WebHost.UseUrls($"http://127.0.0.1:{options.Page ?? 0}");

    // A mistake in who may see the page must not leave it open.
    builder.Services.AddKsmgWeb(web => builder.Configuration.GetSection("Page").Bind(web, binder => binder.ErrorOnUnknownConfiguration = true));
    if (options.Fleet is { } fleet)
    {
        builder.Services.AddKsmgFleet(FleetFile.Load(fleet), worker => worker.Configure = ksmg => ksmg.AddSimulatorAdapters()).AddKsmgFleetWorker();
        builder.Services.AddKsmgWebFleet();
        builder.Services.AddHealthChecks().AddKsmgFleet();
    }
    else
    {
        // The cluster's file lies below environment and arguments, as appsettings.json does. Adapters of your own go here: UseLoadBalancer<T>(), …
        ClusterFile cluster = ClusterFile.Load(options.Cluster, overrides: new ConfigurationBuilder().AddCommandLine(args).Build());
        builder.Services.AddKsmg(cluster.Section).AddSimulatorAdapters().AddConfiguredUpgrade(upgrade => upgrade.UseFileJournal(options.Runs));
        builder.Services.AddSingleton(options).AddHostedService<UpgradeService>();
        builder.Services.AddHealthChecks().AddKsmgCluster().AddKsmgRun();
    }

    // Traces and metrics of the SDK, where there is somebody to send them to.
    if (builder.Configuration["Otlp:Endpoint"] is { } endpoint)
    {
        builder.Services.AddOpenTelemetry().UseOtlpExporter(OtlpExportProtocol.Grpc, new Uri(endpoint))
            .WithTracing(traces => traces.AddSource("Ksmg.Sdk")).WithMetrics(metrics => metrics.AddMeter("Ksmg.Sdk"));
    }

    await using WebApplication host = builder.Build();
    host.MapKsmg();
    host.MapHealthChecks("/health");
    host.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
    await host.RunAsync();
    return options.Fleet is null ? options.ExitCode : 0;
}
catch (Exception e) when (e is InvalidOperationException or InvalidDataException or FormatException or ArgumentException
    or OptionsValidationException or IOException)
{
    Console.Error.WriteLine($"The configuration cannot be used: {e.Message} {e.InnerException?.GetBaseException().Message}".TrimEnd().ReplaceLineEndings(" "));
    return 64;
}
