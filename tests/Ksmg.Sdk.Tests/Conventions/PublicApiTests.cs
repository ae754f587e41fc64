using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Simulator;
using Ksmg.Web;
using Microsoft.Extensions.DependencyInjection;

namespace Ksmg.Sdk.Tests.Conventions;

/// <summary>What is public is a promise: it changes on purpose, in a file that a reviewer sees.</summary>
public sealed class PublicApiTests
{
    private const string Accept = "KSMG_ACCEPT_API";

    [Theory]
    [InlineData(typeof(KsmgCluster))]
    [InlineData(typeof(HaProxyOptions))]
    [InlineData(typeof(SimulatedCluster))]
    [InlineData(typeof(KsmgWebOptions))]
    [InlineData(typeof(PostgresStoreOptions))]
    [InlineData(typeof(KsmgWebFleetServiceCollectionExtensions))]
    public void The_public_api_is_the_approved_one(Type marker)
    {
        string name = $"PublicApi.{marker.Assembly.GetName().Name}.txt";
        string path = Repository.PathOf("tests", "Ksmg.Sdk.Tests", "Conventions", name);
        string[] actual = [.. PublicApi.Describe(marker.Assembly)];
        if (Environment.GetEnvironmentVariable(Accept) == "1")
        {
            File.WriteAllLines(path, actual);
        }

        string[] approved = File.Exists(path) ? File.ReadAllLines(path) : [];
        string difference = string.Join('\n', approved.Except(actual).Select(line => "- " + line).Concat(actual.Except(approved).Select(line => "+ " + line)));
        Assert.True(
            approved.SequenceEqual(actual),
            $"The public API differs from {name}:\n{difference}\nIf that is intended, run the tests once with {Accept}=1 and commit the file.");
    }
}
