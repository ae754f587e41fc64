using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Ksmg.Sdk; using Ksmg.Sdk.Upgrades;
namespace Ksmg.Sdk { 
 public static class ZZ { 
 extension(UpdatePackage p) { public UpdatePackageEntry[] Entries => []; } }
 public record UpdatePackageEntry(string Name, long SizeBytes, long CompressedBytes);
}
namespace Ksmg.Sdk.Infrastructure { public sealed class HaProxyOptions; static class X { public static KsmgBuilder UseHaProxy(this KsmgBuilder b, IConfigurationSection s) => b; } }
namespace Ksmg.Cli { class U { public void UseFileJournal(string s) {} } static class Y { public static KsmgBuilder AddRollingUpgrade(this KsmgBuilder b, Action<U> s) => b; public static KsmgBuilder UseSimulatorSnapshots(this KsmgBuilder b, Uri s) => b; public static KsmgBuilder UseSimulatorConfiguration(this KsmgBuilder b, Uri s) => b; public static KsmgBuilder UseSimulatorMailProbe(this KsmgBuilder b, Uri s) => b;} }
namespace Ksmg.Simulator {
 class EP { public string Name=>""; public string? Smtp=>""; public Uri Url => null!; }
 public sealed record MailFigures { public required long Accepted {get;init;} public required long Delivered {get;init;} public required long Queued {get;init;} public required IReadOnlyList<string> Lost {get;init;} public required IReadOnlyList<string> Duplicated {get;init;} public required long LongestGapMs {get;init;} }
 record SimulatedViolation(string Watcher, string Node, string Text);
 record SimulatedClusterOptions { public int Nodes {get;set;} public int BasePort {get;set;} public int Seed {get;set;} public double Speed {get;set;} public long PackageBytes {get;set;} }
 class SimulatedCluster : IAsyncDisposable { public static Task<SimulatedCluster> StartAsync(SimulatedClusterOptions o, CancellationToken c)=>throw new NotSupportedException(); public Task WriteFilesAsync(string d, CancellationToken c)=>throw new NotSupportedException(); public Uri ControlUrl=>null!; public EP[] Nodes => []; public void StartMail(double x){} public void StopMail(){} public MailFigures GetMail()=>null!; public IReadOnlyList<SimulatedViolation> GetViolations(bool atEnd)=>[]; public ValueTask DisposeAsync()=>default; } }
