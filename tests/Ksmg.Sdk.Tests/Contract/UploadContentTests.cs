using System.Net;
using System.Text;
using Ksmg.Sdk.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using static Ksmg.Sdk.Tests.Support.PackageFolder;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>What goes over the wire, received by a real server over TLS.</summary>
public sealed class UploadContentTests : IDisposable
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    private readonly PackageFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task The_body_is_exact_to_the_byte(bool deflated, bool readAhead)
    {
        byte[] content = Bytes(1_000_001);
        UpdatePackageFile file = await OpenAsync(new ZipBuilder().Add(Ktgz, content, e => _ = deflated ? e.Deflate() : e));
        byte[] body = [];
        IHeaderDictionary? headers = null;
        await using UploadReceiver receiver = await UploadReceiver.StartAsync(async context =>
        {
            headers = new HeaderDictionary(context.Request.Headers.ToDictionary());
            body = await ReadAsync(context.Request.Body);
        });
        using HttpClient client = receiver.CreateClient();
        List<long> sent = [];

        using PackageUploadContent upload = new(file, onSent: sent.Add, readAhead: readAhead);
        using HttpResponseMessage answer = await client.PostAsync("/", upload).WaitAsync(Guard);

        string type = headers!.ContentType.ToString();
        Assert.Matches("^multipart/form-data; boundary=ksmg-[0-9a-f]{32}$", type);
        string boundary = type[(type.IndexOf('=', StringComparison.Ordinal) + 1)..];
        string head = $"--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{Ktgz}\"\r\nContent-Type: application/octet-stream\r\n\r\n";
        string tail = $"\r\n--{boundary}--\r\n";
        Assert.Equal([.. Encoding.ASCII.GetBytes(head), .. content, .. Encoding.ASCII.GetBytes(tail)], body);
        Assert.Equal(body.Length, headers.ContentLength);
        Assert.Equal(0, headers.TransferEncoding.Count);
        Assert.Equal([262_144, 524_288, 786_432, 1_000_001], sent);
        Assert.Equal(Sha256(content), upload.Sha256);
        Assert.Null(upload.SourceFault);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task The_rest_from_any_offset_is_the_rest(bool deflated, bool verified)
    {
        byte[] content = Bytes(900_000);
        UpdatePackageFile file = await OpenAsync(new ZipBuilder().Add(Ktgz, content, e => _ = deflated ? e.Deflate() : e), verified);
        foreach (int offset in (int[])[1, 262_144, 700_001, 899_999])
        {
            using PackageUploadContent upload = new(file, offset);
            byte[] part = await PartAsync(upload);
            Assert.Equal(content[offset..], part);
        }
    }

    [Fact]
    public async Task Each_attempt_sends_the_same_bytes_anew()
    {
        byte[] content = Bytes(300_000);
        UpdatePackageFile file = await OpenAsync(new ZipBuilder().Add(Ktgz, content));
        for (int attempt = 0; attempt < 2; attempt++)
        {
            using PackageUploadContent upload = new(file);
            Assert.Equal(content, await PartAsync(upload));
        }
    }

    [Fact]
    public async Task A_file_name_reaches_simple_receivers()
    {
        string path = folder.Write("update\"; x=\"ü 1.ktgz", Bytes(10));
        UpdatePackage package = await UpdatePackage.OpenAsync(
            path, new UpdatePackageOptions { From = new BuildNumber(2, 0, 1, 1), To = new BuildNumber(2, 1, 0, 1) });
        using PackageUploadContent upload = new(package.Files[0]);

        Assert.Contains("filename=\"update___x____1.ktgz\"\r\n", Encoding.ASCII.GetString(await upload.ReadAsByteArrayAsync()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_fault_of_the_source_is_told_from_one_of_the_network_and_completes_nothing(bool readAhead)
    {
        UpdatePackageFile file = await OpenAsync(new ZipBuilder().Add(Ktgz, Bytes(1_000_000), e => e.Crc ^= 1));
        bool completed = false;
        await using UploadReceiver receiver = await UploadReceiver.StartAsync(async context =>
        {
            await ReadAsync(context.Request.Body);
            completed = true;
        });
        using HttpClient client = receiver.CreateClient();

        using PackageUploadContent upload = new(file, readAhead: readAhead);
        await Assert.ThrowsAnyAsync<Exception>(() => client.PostAsync("/", upload).WaitAsync(Guard));

        Assert.Contains("CRC-32", upload.SourceFault!.Message, StringComparison.Ordinal);
        await receiver.DisposeAsync();
        Assert.False(completed);
    }

    [Theory]
    [InlineData(413)]
    [InlineData(401)]
    [InlineData(503)]
    public async Task A_refusal_arrives_before_the_first_byte(int status)
    {
        UpdatePackageFile file = await OpenAsync(new ZipBuilder().Add(Ktgz, Bytes(5_000_000)));
        await using UploadReceiver receiver = await UploadReceiver.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        using HttpClient client = receiver.CreateClient();
        using PackageUploadContent upload = new(file);
        using HttpRequestMessage request = new(HttpMethod.Post, "/") { Content = upload };
        request.Headers.ExpectContinue = true;

        using HttpResponseMessage answer = await client.SendAsync(request).WaitAsync(Guard);

        Assert.Equal((HttpStatusCode)status, answer.StatusCode);
        Assert.False(upload.HasStarted);
    }

    [Fact]
    public async Task A_receiver_that_stands_still_is_left_by_the_token_of_the_send()
    {
        UpdatePackageFile file = await OpenAsync(new ZipBuilder().Add(Ktgz, Bytes(16 << 20)));
        TaskCompletionSource stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using UploadReceiver receiver = await UploadReceiver.StartAsync(_ => stop.Task);
        using HttpClient client = receiver.CreateClient();
        using CancellationTokenSource idle = new();
        TaskCompletionSource moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using PackageUploadContent upload = new(file, onSent: _ => moved.TrySetResult());

        Task<HttpResponseMessage> sending = client.PostAsync("/", upload, idle.Token);
        await moved.Task.WaitAsync(Guard);
        await idle.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.WaitAsync(Guard));
        Assert.Null(upload.SourceFault);
        stop.SetResult();
    }

    private async Task<UpdatePackageFile> OpenAsync(ZipBuilder zip, bool verified = false)
    {
        UpdatePackage package = await UpdatePackage.OpenAsync(folder.Write(zip));
        if (verified)
        {
            await package.VerifyAsync();
        }

        return package.Files[0];
    }

    /// <summary>The one part, read by the parser that ASP.NET Core uses.</summary>
    private static async Task<byte[]> PartAsync(PackageUploadContent upload)
    {
        using MemoryStream body = new(await upload.ReadAsByteArrayAsync());
        Assert.Equal(upload.Headers.ContentLength, body.Length);
        MultipartReader reader = new(upload.Headers.ContentType!.Parameters.Single().Value!, body);
        MultipartSection section = (await reader.ReadNextSectionAsync())!;
        byte[] part = await ReadAsync(section.Body);
        Assert.Null(await reader.ReadNextSectionAsync());
        return part;
    }

    private static async Task<byte[]> ReadAsync(Stream stream)
    {
        using MemoryStream copy = new();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }
}
