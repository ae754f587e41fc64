using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Tests;

public sealed class CommandOptionsTests
{
    [Fact]
    public void Every_mistake_is_told_at_once_and_says_of_which_port()
    {
        OptionsValidationException e = Assert.Throws<OptionsValidationException>(
            () => new CommandSnapshotProvider(new CommandOptions { Arguments = { "a\0b" }, Timeout = TimeSpan.Zero }));
        Assert.Contains("Snapshots: Program is missing", e.Message, StringComparison.Ordinal);
        Assert.Contains("Snapshots: Program or Arguments hold", e.Message, StringComparison.Ordinal);
        Assert.Contains("Snapshots: Timeout", e.Message, StringComparison.Ordinal);
        Assert.Contains(
            "MailProbe: Program './probe' is a relative path",
            Assert.Throws<OptionsValidationException>(() => new CommandMailProbe(new CommandOptions { Program = "./probe" })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Configuration_brings_every_port_with_options_of_its_own()
    {
        using ServiceProvider provider = Services(new()
        {
            ["LoadBalancer:Program"] = "balancer",
            ["Snapshots:Program"] = "pwsh",
            ["Snapshots:Arguments:0"] = "-File",
            ["Snapshots:Arguments:1"] = "snapshots.ps1",
            ["Snapshots:Timeout"] = "00:20:00",
            ["MailProbe:Program"] = "probe",
            ["Notifications:0:Program"] = "mail-us",
            ["Notifications:1:Program"] = "page-us",
        });
        Assert.IsType<CommandLoadBalancer>(provider.GetRequiredKeyedService<ILoadBalancer>("eu"));
        Assert.IsType<CommandSnapshotProvider>(provider.GetRequiredKeyedService<ISnapshotProvider>("eu"));
        Assert.IsType<CommandMailProbe>(provider.GetRequiredKeyedService<IMailProbe>("eu"));
        Assert.Equal(2, provider.GetKeyedServices<INotifier>("eu").Count());
    }

    [Fact]
    public void A_mistake_is_found_when_the_host_starts()
    {
        using ServiceProvider provider =
            Services(
                new()
                {
                    ["LoadBalancer:Program"] = "balancer",
                    ["Snapshots:Program"] = "",
                    ["MailProbe:Program"] = "probe",
                    ["Notifications:0:Program"] = "a",
                    ["Notifications:1:Program"] = "b",
                });
        OptionsValidationException e = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate());
        Assert.Equal(["Snapshots: Program is missing; it is the path of a program, or its name on the PATH."], e.Failures);
    }

    private static ServiceProvider Services(Dictionary<string, string?> settings) => AdapterServices.Of(
        settings,
        (ksmg, configuration) => ksmg
            .UseCommandLoadBalancer(configuration.GetSection("LoadBalancer")).UseCommandSnapshots(configuration.GetSection("Snapshots"))
            .UseCommandMailProbe(configuration.GetSection("MailProbe"))
            .AddCommandNotifier(configuration.GetSection("Notifications:0")).AddCommandNotifier(configuration.GetSection("Notifications:1")));
}
