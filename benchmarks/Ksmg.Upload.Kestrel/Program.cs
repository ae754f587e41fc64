using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

// A receiver as a real one would be: decrypts and reads the body, then forgets it. PORT CERTIFICATE.pem KEY.pem; prints its address.
WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
{
    kestrel.Limits.MaxRequestBodySize = null;
    using X509Certificate2 certificate = X509Certificate2.CreateFromPemFile(args[1], args[2]);
    kestrel.Listen(
        IPAddress.Loopback, int.Parse(args[0]), listen => listen.UseHttps(X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null)));
});
await using WebApplication app = builder.Build();
app.Run(async context =>
{
    byte[] buffer = new byte[256 << 10];
    while (await context.Request.Body.ReadAsync(buffer) > 0)
    {
    }

    await context.Response.WriteAsync("{}");
});
await app.StartAsync();
Console.WriteLine(new Uri(app.Urls.First()).Port);
await ((IHost)app).WaitForShutdownAsync();
