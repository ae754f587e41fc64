using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Reflection;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Microsoft.Extensions.Logging;
using Moq;

namespace Ksmg.Sdk.Tests.Upgrades;

public sealed class UpgradeTelemetryTests
{
    [Fact]
    public void Each_step_is_a_span_and_a_measure()
    {
        ConcurrentQueue<string> spans = new();
        ConcurrentQueue<string> outcomes = new();
        VirtualRig rig = new(2);
        string? runId = null;
        using ActivityListener activities = new()
        {
            ShouldListenTo = source => source.Name == Diagnostics.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = a =>
            {
                if (a.OperationName == "ksmg.upgrade.step" && Equals(a.GetTagItem("ksmg.run"), runId))
                {
                    spans.Enqueue($"{a.GetTagItem("ksmg.step")} {a.GetTagItem("ksmg.node")}");
                }
            },
        };
        ActivitySource.AddActivityListener(activities);
        using MeterListener meters = new();
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "ksmg.upgrade.steps")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        meters.SetMeasurementEventCallback<long>(
            (_, _, tags, _) => outcomes.Enqueue(
                string.Join(' ', tags.ToArray().Where(t => t.Key is "ksmg.step" or "ksmg.node" or "ksmg.outcome").Select(t => t.Value))));
        meters.Start();

        var plan = rig.Plan();
        runId = plan.RunId;
        rig.Start(plan);

        Assert.Contains("S8 gw2", spans);
        Assert.Contains("S11 gw2", spans);
        Assert.Contains("gw2 S8 Done", outcomes);
    }

    [Fact]
    public void A_step_whose_call_failed_is_a_span_with_an_error()
    {
        ConcurrentQueue<string> faults = new();
        VirtualRig rig = new(2);
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "drop-response", Node = "gw2", Operation = "start-update" });
        string? runId = null;
        using ActivityListener activities = new()
        {
            ShouldListenTo = source => source.Name == Diagnostics.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = a =>
            {
                if (a.OperationName == "ksmg.upgrade.step" && Equals(a.GetTagItem("ksmg.run"), runId) && a.Status == ActivityStatusCode.Error)
                {
                    faults.Enqueue($"{a.GetTagItem("ksmg.step")} {a.GetTagItem("ksmg.node")} {a.GetTagItem("error.type")}");
                }
            },
        };
        ActivitySource.AddActivityListener(activities);

        var plan = rig.Plan();
        runId = plan.RunId;
        rig.Start(plan);

        Assert.Equal("S8 gw2 Unknown", Assert.Single(faults));
    }

    /// <summary>Every message that carries what others said; an event's text is a line already.</summary>
    [Fact]
    public void What_others_say_is_one_line_in_every_log()
    {
        const string Hostile = "no\u001b[2J\r\n3000 Completed: all\u202e\u2028";
        using LogLines log = new();
        MethodInfo[] messages = [
            .. typeof(Log)
                .GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
                .Where(m => m.GetParameters().Any(p => p.Name is "detail" or "reason"))];
        foreach (MethodInfo message in messages)
        {
            message.Invoke(null, [.. message.GetParameters().Select(p =>
                p.ParameterType == typeof(ILogger) ? log
                : p.Name is "detail" or "reason" ? Hostile
                : p.ParameterType == typeof(string) ? p.Name
                : Activator.CreateInstance(p.ParameterType))]);
        }

        Assert.Contains(messages, m => m.Name == "InboxFailed");
        Assert.Equal(messages.Length, log.Written.Count);
        Assert.All(log.Written, line => Assert.DoesNotContain(line, c => char.IsControl(c) || c is '\u202e' or '\u2028'));
    }

    [Fact]
    public async Task Each_call_to_a_neighbour_is_a_measure_whoever_implements_it()
    {
        ConcurrentQueue<string> calls = new();
        using MeterListener meters = new();
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "ksmg.port.duration")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        meters.SetMeasurementEventCallback<double>((_, _, tags, _) => calls.Enqueue(string.Join(' ', tags.ToArray().Select(t => t.Value))));
        meters.Start();
        Mock<ISnapshotProvider> hypervisor = new();
        hypervisor.Setup(h => h.ListAsync("gw1", It.IsAny<CancellationToken>())).ReturnsAsync([]);
        hypervisor.Setup(h => h.RevertAsync("gw1", "x", It.IsAny<CancellationToken>())).ThrowsAsync(new KsmgException("no"));
        ISnapshotProvider measured = MeasuredPorts.Measure(new UpgradePorts { Snapshots = hypervisor.Object }, TimeProvider.System).Snapshots!;

        Assert.Empty(await measured.ListAsync("gw1"));
        await Assert.ThrowsAsync<KsmgException>(() => measured.RevertAsync("gw1", "x"));

        Assert.Contains("snapshots List Answered", calls);
        // The outcome, and the same as a fault.
        Assert.Contains("snapshots Revert Failed Failed", calls);
    }
}
