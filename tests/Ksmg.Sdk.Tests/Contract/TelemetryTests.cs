using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Conventions;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>What a tracer and a meter hear of calls to a simulated node, by the names of OpenTelemetry's conventions.</summary>
public sealed class TelemetryTests : IDisposable
{
    private const string Http = "System.Net.Http";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-telemetry-");
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly ConcurrentQueue<Dictionary<string, object?>> _calls = new();
    private readonly ActivityListener _activities;
    private readonly MeterListener _meters = new();

    public TelemetryTests()
    {
        _activities = new ActivityListener
        {
            ShouldListenTo = source => source.Name is Diagnostics.Name or Http,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _spans.Enqueue,
        };
        ActivitySource.AddActivityListener(_activities);
        _meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "ksmg.client.call.duration")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _meters.SetMeasurementEventCallback<double>((_, _, tags, _) => _calls.Enqueue(tags.ToArray().ToDictionary(t => t.Key, t => t.Value)));
        _meters.Start();
    }

    public void Dispose()
    {
        _activities.Dispose();
        _meters.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_call_says_which_server_it_goes_to_and_how_it_failed()
    {
        await using SimulatedCluster simulated = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 1, PackageBytes = 1 << 16 });
        await simulated.WriteFilesAsync(_folder.FullName);
        await using ConfiguredCluster cluster = SocketUpgrade.Configure(_folder.FullName, dialect: null);
        KsmgNode node = cluster.Cluster.Nodes[0];
        using CancellationTokenSource limit = new(Eventually.Limit);

        await node.Nodes.GetStatusAsync(limit.Token);
        Activity answered = await HeardAsync(node, "Answered");
        Assert.Null(answered.GetTagItem("error.type"));
        Assert.Equal(200, answered.GetTagItem("http.response.status_code"));

        // Each attempt is a span of .NET's own below it, which says the rest.
        Activity attempt = _spans.Last(span => span.Source.Name == Http && span.ParentSpanId == answered.SpanId);
        Assert.Equal("127.0.0.1", attempt.GetTagItem("server.address"));
        Assert.Equal("GET", attempt.GetTagItem("http.request.method"));

        simulated.Act("gw1", "power-off");
        await Assert.ThrowsAnyAsync<KsmgApiException>(() => node.Nodes.GetStatusAsync(limit.Token));
        Activity failed = await HeardAsync(node, "NotConnected");
        Assert.Equal("NotConnected", failed.GetTagItem("error.type"));
        Assert.Equal(ActivityStatusCode.Error, failed.Status);
    }

    [Fact]
    public void Every_name_that_is_told_is_documented()
    {
        string documented = File.ReadAllText(Repository.PathOf("docs", "telemetry.md"));

        Assert.All(
            [Diagnostics.ErrorType, Diagnostics.ServerAddress, Diagnostics.ServerPort, Http],
            name => Assert.Contains($"`{name}`", documented, StringComparison.Ordinal));
    }

    /// <summary>The span of the last call to this node, with the measure of the same outcome beside it.</summary>
    private async Task<Activity> HeardAsync(KsmgNode node, string outcome)
    {
        // Other tests call other ports meanwhile; a span is over a moment after its answer.
        Activity? found = null;
        await Eventually.TrueAsync(() => (found = _spans.LastOrDefault(span => span.OperationName == "ksmg get-node-status"
            && Equals(span.GetTagItem("server.port"), node.Address.Port) && (outcome == "Answered") == (span.Status != ActivityStatusCode.Error))) is not null);
        Assert.Equal("127.0.0.1", found!.GetTagItem("server.address"));
        Dictionary<string, object?> measure = _calls.Last(
            call => Equals(call["server.port"], node.Address.Port) && Equals(call["ksmg.operation"], "get-node-status"));
        Assert.Equal(("127.0.0.1", outcome), ((string)measure["server.address"]!, (string)measure["ksmg.outcome"]!));
        Assert.Equal(outcome == "Answered" ? null : outcome, measure.GetValueOrDefault("error.type"));
        return found;
    }
}
