*** Settings ***
Documentation       Whoever judges sealed files is judged first: this suite's own ciphers against the published vectors of C2SP Wycheproof.
Resource            ../../resources/sealed.resource
Test Tags           area:store    promise:ST-2    BLOB-02    needs:store.files
Test Template       The Judge Should Judge As Published


*** Test Cases ***
Files Sealed By AES-GCM Are Judged As Published
    aes_gcm

Files Sealed By ChaCha20-Poly1305 Are Judged As Published
    chacha20_poly1305

Keys Derived By HKDF Are Judged As Published
    hkdf_sha256

Codes By HMAC Are Judged As Published
    hmac_sha256

Keys Wrapped By AES Are Judged As Published
    aes_wrap

Keys Wrapped By RSA-OAEP Are Judged As Published
    rsa_oaep

Keys Agreed By X25519 Are Judged As Published
    x25519
