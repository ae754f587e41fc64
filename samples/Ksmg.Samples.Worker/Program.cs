// A service that upgrades a cluster at a given time. Everything comes from configuration (appsettings.json, environment, arguments):
//
//   dotnet run --project samples/Ksmg.Samples.Worker -- --Worker:Cluster=simulation/cluster.json --Worker:Package=simulation/update.zip
//       [--Worker:At=2027-01-31T02:00:00+01:00] [--Worker:Runs=runs] [--Otlp:Endpoint=http://localhost:4317]
//
// When the service is stopped in the middle, no new effect starts and the lease is given back; the next start resumes the run.
using Ksmg.Sdk;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Samples.Worker;
using Ksmg.Simulator;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
WorkerOptions options = builder.Configuration.GetSection("Worker").Get<WorkerOptions>() ?? new WorkerOptions();
string clusterFile = Path.GetFullPath(options.Cluster);
// The cluster's file lies below environment and arguments, as appsettings.json does.
builder.Configuration.AddJsonFile(clusterFile, optional: false).AddEnvironmentVariables().AddCommandLine(args);
builder.Configuration["Ksmg:BasePath"] = Path.GetDirectoryName(clusterFile);

IConfigurationSection section = builder.Configuration.GetSection("Ksmg");
KsmgBuilder ksmg = builder.Services.AddKsmg(section)
    .AddRollingUpgrade(upgrade => upgrade.UseFileJournal(options.Runs).BindPolicy(section.GetSection("Policy")));
if (section["LoadBalancer:Kind"] == "HaProxy")
{
    ksmg.UseHaProxy(section.GetSection("LoadBalancer"));
}

// Ports of your own go here: any ISnapshotProvider, IConfigurationFiles, IMailProbe.
if (section["Snapshots:Kind"] == "Simulator")
{
    Uri control = new(section["Snapshots:Endpoint"]!);
    ksmg.UseSimulatorSnapshots(control).UseSimulatorConfiguration(control).UseSimulatorMailProbe(control);
}

builder.Services.AddSingleton(options);
builder.Services.AddHostedService<UpgradeService>();

// Traces and metrics of the SDK, where there is somebody to send them to.
if (builder.Configuration["Otlp:Endpoint"] is { } endpoint)
{
    void Export(OtlpExporterOptions otlp) => otlp.Endpoint = new Uri(endpoint);
    builder.Services.AddSingleton(Sdk.CreateTracerProviderBuilder().AddSource("Ksmg.Sdk").AddOtlpExporter(Export).Build());
    builder.Services.AddSingleton(Sdk.CreateMeterProviderBuilder().AddMeter("Ksmg.Sdk").AddOtlpExporter(Export).Build());
}

using IHost host = builder.Build();

// Nobody asks for them, so nobody would make them.
host.Services.GetService<TracerProvider>();
host.Services.GetService<MeterProvider>();
await host.RunAsync();
return Environment.ExitCode;
