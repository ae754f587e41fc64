using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Ksmg.Sdk; using Ksmg.Sdk.Upgrades;
namespace Ksmg.Sdk.Infrastructure { static class XX { public static KsmgBuilder UseHaProxy(this KsmgBuilder b, IConfigurationSection s) => b; } }
namespace Ksmg.Simulator { static class Y {  public static KsmgBuilder UseSimulatorSnapshots(this KsmgBuilder b, Uri s) => b; public static KsmgBuilder UseSimulatorConfiguration(this KsmgBuilder b, Uri s) => b; public static KsmgBuilder UseSimulatorMailProbe(this KsmgBuilder b, Uri s) => b; } }
